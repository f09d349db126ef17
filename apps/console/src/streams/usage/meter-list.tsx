import { type ReactNode, useId } from 'react'
import { Meter, QuotaWords, ThrottledWords } from './meter.tsx'
import styles from './meter-list.module.css'
import type { Metered } from './usage-words.ts'

/** Several quotas, one in a row. */
export function MeterList({
  title,
  metered,
}: {
  readonly title: string
  readonly metered: readonly Metered[]
}): ReactNode {
  const id = useId()
  return (
    <section className={styles.card} aria-labelledby={id}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      <ul className={styles.rows}>
        {metered.map((each) => (
          <li key={each.name} className={styles.row}>
            <span className={styles.name} title={each.about}>
              {each.name}
            </span>
            <span className={styles.figure}>{each.format(each.used)}</span>
            <span className={styles.meter}>
              <Meter metered={each} />
            </span>
            <span className={styles.words}>
              <span>
                <QuotaWords metered={each} />
              </span>
              <ThrottledWords ms={each.throttledMs} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
