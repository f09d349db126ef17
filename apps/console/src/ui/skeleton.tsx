import type { ReactNode } from 'react'
import styles from './skeleton.module.css'

/** Shapes in the place of what is loading: bubbles at both sides. */
export function BubbleSkeletons(): ReactNode {
  return (
    <div className={styles.bubbles} role="status">
      <span className="for-screen-readers">Loading messages</span>
      {(['short', 'long', 'own', 'middle', 'own', 'short'] as const).map((width, i) => (
        <span key={i} className={styles.bubble} data-width={width} />
      ))}
    </div>
  )
}

/** Rows in the place of a list that is loading. */
export function RowSkeletons({ rows, label }: { readonly rows: number; readonly label: string }): ReactNode {
  return (
    <div className={styles.rows} role="status">
      <span className="for-screen-readers">{label}</span>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} className={styles.row} />
      ))}
    </div>
  )
}
