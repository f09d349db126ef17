import type { ReactNode } from 'react'
import type { ConnectionStatus } from '../api/ports.ts'
import styles from './connection-badge.module.css'

const words: Readonly<Record<ConnectionStatus, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  closed: 'Closed',
}

export function ConnectionBadge({ status }: { readonly status: ConnectionStatus }): ReactNode {
  return (
    <span className={styles.badge} data-status={status} role="status">
      <span className={styles.dot} aria-hidden="true" />
      <span className="for-screen-readers">Connection: </span>
      {words[status]}
    </span>
  )
}
