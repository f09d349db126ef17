import type { ReactNode } from 'react'
import styles from './notice.module.css'

interface NoticeProps {
  readonly icon: ReactNode
  readonly title: string
  readonly kind?: 'calm' | 'problem'
  readonly children?: ReactNode
  /** What the reader can do about it. */
  readonly action?: ReactNode
}

/** What stands where content would: nothing there yet, or why there is nothing. */
export function Notice({ icon, title, kind = 'calm', children, action }: NoticeProps): ReactNode {
  return (
    <div className={styles.notice} data-kind={kind} role={kind === 'problem' ? 'alert' : undefined}>
      <span className={styles.icon}>{icon}</span>
      <p className={styles.title}>{title}</p>
      {children && <p className={styles.text}>{children}</p>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  )
}
