import { type ReactNode, useEffect, useState } from 'react'
import type { Usage } from '../../api/streams-port.ts'
import { WarningIcon } from '../../ui/icons.tsx'
import { ProblemStrip } from '../../ui/problem-strip.tsx'
import { RowSkeletons } from '../../ui/skeleton.tsx'
import { Tag } from '../../ui/tag.tsx'
import page from '../detail-page.module.css'
import { explainStreams } from '../explain-streams.ts'
import { formatCount } from '../figures.ts'
import { ListProblem } from '../list-page.tsx'
import { useUsage } from '../streams-queries.ts'
import { MeterList } from './meter-list.tsx'
import { ReadsCard, SegmentsCard } from './records-card.tsx'
import { ThroughputCard } from './throughput-card.tsx'
import { type UsagePoint, withUsage } from './usage-history.ts'
import styles from './usage-page.module.css'
import { heldOf, requestsOf, type Standing, summaryOf, throughputOf } from './usage-words.ts'

/** What the tenant's cluster uses of what it may, as it changes, and where its records are. */
export function UsagePage(): ReactNode {
  const usage = useUsage()
  const history = useHistory(usage.data, usage.dataUpdatedAt)
  if (usage.isError && !usage.data) {
    return <ListProblem problem={explainStreams(usage.error)} onRetry={() => void usage.refetch()} />
  }
  return (
    <section className={page.page} aria-label="Usage">
      <header className={styles.head}>
        <h1 className={styles.title}>Usage</h1>
        {usage.data && <SummaryTag usage={usage.data} />}
        <p className={styles.live}>{usage.isError ? 'Not up to date' : 'Updates by itself'}</p>
      </header>
      {usage.isError && <ProblemStrip problem={explainStreams(usage.error)} onRetry={() => void usage.refetch()} />}
      {usage.data ? (
        <Panels usage={usage.data} history={history} />
      ) : (
        <RowSkeletons rows={6} label="Loading what is used" />
      )}
    </section>
  )
}

/** What was told while the page is open. */
function useHistory(usage: Usage | undefined, atMs: number): readonly UsagePoint[] {
  const [history, setHistory] = useState<readonly UsagePoint[]>([])
  useEffect(() => {
    if (usage) setHistory((before) => withUsage(before, usage, atMs))
  }, [usage, atMs])
  return history
}

const tones: Readonly<Record<Standing, 'good' | 'warn' | 'bad'>> = { well: 'good', near: 'warn', over: 'bad' }

function SummaryTag({ usage }: { readonly usage: Usage }): ReactNode {
  const { standing, text } = summaryOf(usage)
  return (
    <span role="status">
      <Tag tone={tones[standing]}>{text}</Tag>
    </span>
  )
}

function Panels({ usage, history }: { readonly usage: Usage; readonly history: readonly UsagePoint[] }): ReactNode {
  const { produce, fetch } = throughputOf(usage)
  return (
    <div className={`${page.scroll} ${page.spaced}`}>
      {usage.damagedSegments > 0 && <Damage segments={usage.damagedSegments} />}
      <div className={styles.panels}>
        <ThroughputCard metered={produce} points={history.map(({ atMs, produce: value }) => ({ atMs, value }))} />
        <ThroughputCard metered={fetch} points={history.map(({ atMs, fetch: value }) => ({ atMs, value }))} />
        <SegmentsCard segments={usage.segments} />
        <ReadsCard readBytes={usage.readBytes} cacheHitRate={usage.cacheHitRate} />
        <MeterList title="Requests" metered={requestsOf(usage)} />
        <MeterList title="What it holds" metered={heldOf(usage)} />
      </div>
    </div>
  )
}

function Damage({ segments }: { readonly segments: number }): ReactNode {
  return (
    <p className={styles.damage} role="alert">
      <WarningIcon size={16} />
      <span>
        <strong>
          {formatCount(segments)} {segments === 1 ? 'segment is' : 'segments are'} damaged.
        </strong>{' '}
        Their records can’t be read. The operator finds what happened in the server’s log.
      </span>
    </p>
  )
}
