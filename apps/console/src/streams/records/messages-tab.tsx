import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useCallback } from 'react'
import type { TopicDetail } from '../../api/streams-port.ts'
import { Button } from '../../ui/button.tsx'
import { StreamIcon, WarningIcon } from '../../ui/icons.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ProblemStrip } from '../../ui/problem-strip.tsx'
import { useStore } from '../../ui/use-store.ts'
import { isPlatformTopic } from '../platform-topic.ts'
import { startOf, type TopicSearch } from '../topic-search.ts'
import type { Format } from './decoding.ts'
import styles from './messages-tab.module.css'
import { MessagesToolbar } from './messages-toolbar.tsx'
import { type FeedView, type RecordFeed, recordKey } from './record-feed.ts'
import { RecordInspector } from './record-inspector.tsx'
import { RecordList, RecordSkeletons } from './record-list.tsx'
import { useRecordFeed } from './use-record-feed.ts'

const route = getRouteApi('/shell/streams/topics/$topic')

/** The records of a topic: the newest, or from a place, or as they come. What is looked at stands in the address. */
export function MessagesTab({ topic }: { readonly topic: TopicDetail }): ReactNode {
  const search = route.useSearch()
  const navigate = useNavigate()
  const isLive = search.live === true
  const feed = useRecordFeed({ topic: topic.name, partition: search.partition, start: startOf(search), isLive })
  const view = useStore(feed)
  const format: Format = search.as ?? 'json'
  const change = useCallback(
    (part: TopicSearch) =>
      void navigate({
        to: '/streams/topics/$topic',
        params: { topic: topic.name },
        search: (before: TopicSearch) => ({ ...before, ...part }),
        replace: true,
      }),
    [navigate, topic.name],
  )
  const open = useCallback((record: string | undefined) => change({ record }), [change])

  return (
    <div className={styles.tab}>
      <MessagesToolbar topic={topic} search={search} feed={feed} view={view} onChange={change} />
      {view.problem && view.state === 'ready' && (
        <ProblemStrip problem={view.problem} onRetry={() => void feed.open()} />
      )}
      <div className={styles.panes} data-open={search.record !== undefined || undefined}>
        <div className={styles.list}>
          <Records topic={topic} feed={feed} view={view} search={search} onOpen={open} onChange={change} />
        </div>
        {search.record !== undefined && (
          <RecordInspector
            topic={topic.name}
            place={search.record}
            records={view.records}
            isNewestFirst={startOf(search).kind === 'newest'}
            format={format}
            onOpen={open}
          />
        )}
      </div>
    </div>
  )
}

interface RecordsProps {
  readonly topic: TopicDetail
  readonly feed: RecordFeed
  readonly view: FeedView
  readonly search: TopicSearch
  readonly onOpen: (record: string | undefined) => void
  readonly onChange: (part: TopicSearch) => void
}

function Records({ topic, feed, view, search, onOpen, onChange }: RecordsProps): ReactNode {
  if (view.state === 'loading') return <RecordSkeletons />
  if (view.state === 'failed' && view.problem) {
    return (
      <Notice
        kind="problem"
        icon={<WarningIcon size={22} />}
        title={view.problem.title}
        action={<Button onPress={() => void feed.open()}>Try again</Button>}
      >
        {view.problem.advice}
      </Notice>
    )
  }
  if (view.records.length === 0) return <NoRecords topic={topic} search={search} feed={feed} onChange={onChange} />
  return (
    <RecordList
      feed={feed}
      view={view}
      isNewestFirst={startOf(search).kind === 'newest'}
      isLive={search.live === true}
      format={search.as ?? 'json'}
      open={search.record}
      onOpen={(record) => onOpen(recordKey(record))}
    />
  )
}

function NoRecords({ topic, search, feed, onChange }: Omit<RecordsProps, 'view' | 'onOpen'>): ReactNode {
  const start = startOf(search)
  const icon = <StreamIcon size={22} />
  if (start.kind === 'offset' || start.kind === 'time') {
    return (
      <Notice
        icon={icon}
        title="Nothing there yet"
        action={<Button onPress={() => onChange({ from: undefined, at: undefined })}>Show the newest</Button>}
      >
        {start.kind === 'time' ? 'No record is as new as that.' : 'No record has this offset, or a later one.'}
      </Notice>
    )
  }
  if (search.live) {
    return (
      <Notice icon={icon} title="Waiting for records">
        {isPlatformTopic(topic.name)
          ? 'What happens in the tenant appears here as it happens.'
          : 'What a producer writes appears here as it is committed.'}
      </Notice>
    )
  }
  const hadRecords = topic.bounds.some(({ endOffset }) => endOffset > 0)
  return (
    <Notice
      icon={icon}
      title={search.partition === undefined ? 'No records yet' : `Partition ${search.partition} has no records`}
      action={
        <div className={styles.choices}>
          <Button onPress={() => onChange({ live: true })}>Watch live</Button>
          <Button look="quiet" onPress={() => void feed.open()}>
            Look again
          </Button>
        </div>
      }
    >
      {isPlatformTopic(topic.name)
        ? 'Koine writes here when something happens in the tenant.'
        : `Produce with any Kafka client, or with the button above.${hadRecords ? ' What was here has expired.' : ''}`}
    </Notice>
  )
}
