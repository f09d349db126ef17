import { type ReactNode, useId } from 'react'
import { Meter, QuotaWords, ThrottledWords } from './meter.tsx'
import styles from './throughput-card.module.css'
import { outlineOf, spanMsOf } from './usage-history.ts'
import type { Metered } from './usage-words.ts'

interface ThroughputCardProps {
  readonly metered: Metered
  /** From the oldest on. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[]
}

/** A rate in large, what it was in the last minutes, and how far its quota is. */
export function ThroughputCard({ metered, points }: ThroughputCardProps): ReactNode {
  const title = useId()
  const { name, about, used, throttledMs, format } = metered
  const most = Math.max(0, ...points.map(({ value }) => value))
  return (
    <section className={styles.card} aria-labelledby={title}>
      <header className={styles.head}>
        <h2 id={title} className={styles.name}>
          {name}
        </h2>
        <span className={styles.about}>{about}</span>
      </header>
      <p className={styles.figures}>
        <span className={styles.figure}>{format(used)}</span>
        {most > 0 && <span className={styles.most}>peak {format(most)}</span>}
      </p>
      <Curve points={points} most={most} />
      <Meter metered={metered} />
      <p className={styles.foot}>
        <span>
          <QuotaWords metered={metered} />
        </span>
        <ThrottledWords ms={throttledMs} />
      </p>
    </section>
  )
}

function Curve({ points, most }: Pick<ThroughputCardProps, 'points'> & { readonly most: number }): ReactNode {
  const outline = outlineOf(points, { spanMs: spanMsOf(points), top: most * 1.1 })
  const first = outline.split(',', 1)[0]
  return (
    <div className={styles.curve} aria-hidden="true">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none">
        {points.length > 1 && <polygon className={styles.area} points={`${first},100 ${outline} 100,100`} />}
        {points.length > 1 && <polyline className={styles.line} points={outline} />}
      </svg>
    </div>
  )
}
