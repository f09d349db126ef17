import type { ReactNode } from 'react'
import styles from './tag.module.css'

interface TagProps {
  readonly tone?: 'neutral' | 'accent' | 'good' | 'warn' | 'bad'
  readonly title?: string
  readonly children: ReactNode
}

/** A word that marks what stands beside it. */
export function Tag({ tone = 'neutral', title, children }: TagProps): ReactNode {
  return (
    <span className={styles.tag} data-tone={tone} title={title}>
      {children}
    </span>
  )
}
