import type { ReactNode } from 'react'
import styles from './table.module.css'

interface BarProps {
  readonly value: number
  /** What fills the whole bar. */
  readonly of: number
  readonly tone?: 'plain' | 'warn'
}

/** How much of the most; the figure itself stands beside it. */
export function Bar({ value, of, tone = 'plain' }: BarProps): ReactNode {
  const percent = of <= 0 ? 0 : Math.min(100, (100 * value) / of)
  return (
    <span className={styles.bar} aria-hidden="true">
      {value > 0 && <span className={styles.fill} data-tone={tone} style={{ width: `${percent}%` }} />}
    </span>
  )
}
