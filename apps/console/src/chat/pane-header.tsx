import type { ReactNode } from 'react'
import type { ConnectionStatus } from '../api/ports.ts'
import { Avatar } from '../ui/avatar.tsx'
import { ConnectionBadge } from '../ui/connection-badge.tsx'
import type { Member } from './member.ts'
import styles from './pane-header.module.css'

interface PaneHeaderProps {
  readonly me: Member
  readonly other: Member
  readonly status: ConnectionStatus
  readonly unread: number
}

export function PaneHeader({ me, other, status, unread }: PaneHeaderProps): ReactNode {
  return (
    <header className={styles.header}>
      <Avatar name={me.name} tone={me.tone} />
      <div className={styles.who}>
        <h2 className={styles.name}>
          {me.name}
          {unread > 0 && (
            <span className={styles.unread}>
              {unread > 99 ? '99+' : unread}
              <span className="for-screen-readers"> unread</span>
            </span>
          )}
        </h2>
        <p className={styles.with}>talking with {other.name}</p>
      </div>
      <ConnectionBadge status={status} />
    </header>
  )
}
