import { type ReactNode, useId } from 'react'
import type { Usage } from '../../api/streams-port.ts'
import { formatBytes, formatCount } from '../figures.ts'
import styles from './records-card.module.css'
import { formatShare } from './usage-words.ts'

interface Part {
  readonly name: string
  readonly bytes: number
  /** What is told beside the bytes. */
  readonly words?: string
  readonly tone: 'near' | 'middle' | 'far'
}

/** Where the tenant's records are kept. */
export function SegmentsCard({ segments: { local, tiered } }: Pick<Usage, 'segments'>): ReactNode {
  const words = ({ segments }: { readonly segments: number }): string =>
    `${formatCount(segments)} ${segments === 1 ? 'segment' : 'segments'}`
  return (
    <PartsCard
      title="Where records are"
      figure={formatBytes(local.bytes + tiered.bytes)}
      none="Nothing was written yet"
      parts={[
        { name: 'Local disk', bytes: local.bytes, words: words(local), tone: 'near' },
        { name: 'Object store', bytes: tiered.bytes, words: words(tiered), tone: 'far' },
      ]}
    />
  )
}

/** Where what clients read came from. */
export function ReadsCard({ readBytes, cacheHitRate }: Pick<Usage, 'readBytes' | 'cacheHitRate'>): ReactNode {
  const { cache, local, tiered } = readBytes
  return (
    <PartsCard
      title="Cache hit rate"
      figure={cacheHitRate === null ? '–' : formatShare(cacheHitRate)}
      none="Nothing was read yet"
      parts={[
        { name: 'Memory', bytes: cache, tone: 'near' },
        { name: 'Local disk', bytes: local, tone: 'middle' },
        { name: 'Object store', bytes: tiered, tone: 'far' },
      ]}
    />
  )
}

interface PartsCardProps {
  readonly title: string
  readonly figure: string
  readonly parts: readonly Part[]
  /** What stands there when all of them are empty. */
  readonly none: string
}

function PartsCard({ title, figure, parts, none }: PartsCardProps): ReactNode {
  const id = useId()
  const all = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    <section className={styles.card} aria-labelledby={id}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      <p className={styles.figure}>{figure}</p>
      <div className={styles.bar} aria-hidden="true">
        {parts
          .filter(({ bytes }) => bytes > 0)
          .map(({ name, bytes, tone }) => (
            <span key={name} data-tone={tone} style={{ flexGrow: bytes / all }} />
          ))}
      </div>
      {all === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <dl className={styles.parts}>
          {parts.map(({ name, bytes, words, tone }) => (
            <div key={name} className={styles.part}>
              <dt>
                <span className={styles.dot} data-tone={tone} aria-hidden="true" />
                {name}
              </dt>
              <dd>
                {formatBytes(bytes)}
                <span className={styles.words}> · {words ?? formatShare(bytes / all)}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}
