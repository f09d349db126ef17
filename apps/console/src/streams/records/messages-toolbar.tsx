import { type ReactNode, useState } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import type { TopicDetail } from '../../api/streams-port.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ConnectionBadge } from '../../ui/connection-badge.tsx'
import { PauseIcon, PlayIcon, RefreshIcon } from '../../ui/icons.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Select } from '../../ui/select.tsx'
import { formatCount } from '../figures.ts'
import { startOf, type TopicSearch } from '../topic-search.ts'
import type { Format } from './decoding.ts'
import { fromLocal, toLocal } from './local-time.ts'
import styles from './messages-toolbar.module.css'
import { boundsOf, endOf, type FeedView, type RecordFeed } from './record-feed.ts'

interface MessagesToolbarProps {
  readonly topic: TopicDetail
  readonly search: TopicSearch
  readonly feed: RecordFeed
  readonly view: FeedView
  readonly onChange: (part: TopicSearch) => void
}

const starts = [
  { id: 'newest', text: 'Newest' },
  { id: 'oldest', text: 'Oldest' },
  { id: 'offset', text: 'Offset' },
  { id: 'time', text: 'Time' },
] as const

const formats = [
  { id: 'json', text: 'JSON' },
  { id: 'text', text: 'Text' },
  { id: 'hex', text: 'Hex' },
] as const

type StartKind = (typeof starts)[number]['id']

/** Which records, and how they are shown. */
export function MessagesToolbar({ topic, search, feed, view, onChange }: MessagesToolbarProps): ReactNode {
  const isLive = search.live === true
  const begin = (kind: StartKind): void => onChange({ ...beginningOf(kind, topic, search), record: undefined })
  const toggleLive = (live: boolean): void =>
    onChange(live ? { live: true, from: undefined, at: undefined, record: undefined } : { live: undefined })
  return (
    <div className={styles.bar} role="group" aria-label="Which messages">
      <Segmented label="Begin with" choices={starts} chosen={startOf(search).kind} onChoose={begin} />
      <StartField key={startOf(search).kind} search={search} onChange={onChange} />
      <Select
        label="Partition"
        isLabelHidden
        choices={partitionsOf(topic, startOf(search).kind === 'offset')}
        chosen={String(search.partition ?? 'all')}
        onChoose={(id) => onChange({ partition: id === 'all' ? undefined : Number(id), record: undefined })}
      />
      <ToggleButton className={styles.toggle} isSelected={isLive} onChange={toggleLive}>
        <span className={styles.dot} aria-hidden="true" />
        Live
      </ToggleButton>
      <span className={styles.live}>
        {isLive ? (
          <LiveControls feed={feed} view={view} />
        ) : (
          <>
            <IconButton label="Look again" onPress={() => void feed.open()}>
              <RefreshIcon size={16} />
            </IconButton>
            {startOf(search).kind === 'newest' && (
              <NewerThanShown topic={topic} search={search} feed={feed} view={view} />
            )}
          </>
        )}
      </span>
      <span className={styles.format}>
        <Segmented<Format>
          label="Show keys and values as"
          choices={formats}
          chosen={search.as ?? 'json'}
          onChoose={(as) => onChange({ as: as === 'json' ? undefined : as })}
        />
      </span>
    </div>
  )
}

function LiveControls({ feed, view }: { readonly feed: RecordFeed; readonly view: FeedView }): ReactNode {
  const { isPaused, waiting, status } = view
  return (
    <>
      <IconButton label={isPaused ? 'Resume' : 'Pause'} onPress={() => (isPaused ? feed.resume() : feed.pause())}>
        {isPaused ? <PlayIcon size={16} /> : <PauseIcon size={16} />}
      </IconButton>
      {isPaused && waiting.length > 0 ? (
        <Button look="quiet" onPress={() => feed.resume()}>
          {formatCount(waiting.length)} new
        </Button>
      ) : (
        <LiveStatus status={status} />
      )}
    </>
  )
}

/** What came since the list was read, without moving it. */
function NewerThanShown({ topic, search, feed, view }: Omit<MessagesToolbarProps, 'onChange'>): ReactNode {
  const end = endOf(boundsOf(topic.bounds, search.partition))
  if (view.state !== 'ready' || end <= view.end) return undefined
  return (
    <Button look="quiet" isPending={view.newer === 'loading'} onPress={() => void feed.catchUp(end)}>
      {formatCount(end - view.end)} new
    </Button>
  )
}

/** All is well while nothing is said: the switch beside it says that it is live. */
function LiveStatus({ status }: Pick<FeedView, 'status'>): ReactNode {
  if (status !== 'live') return <ConnectionBadge status={status} />
  return (
    <span className="for-screen-readers" role="status">
      Connection: Live
    </span>
  )
}

/** The offset or the time to begin with; it counts when it is sent, not while it is written. */
function StartField({
  search,
  onChange,
}: {
  readonly search: TopicSearch
  readonly onChange: (part: TopicSearch) => void
}): ReactNode {
  const start = startOf(search)
  const [text, setText] = useState(
    start.kind === 'offset' ? String(start.offset) : start.kind === 'time' ? toLocal(start.at) : '',
  )
  if (start.kind === 'newest' || start.kind === 'oldest') return undefined
  const send = (): void => {
    if (start.kind === 'time') {
      const at = fromLocal(text)
      if (at !== undefined) onChange({ at, record: undefined })
    } else if (/^\d+$/.test(text)) onChange({ from: Number(text), record: undefined })
  }
  return (
    <form
      className={styles.start}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <input
        className={styles.input}
        aria-label={start.kind === 'time' ? 'From this time on' : 'From this offset on'}
        type={start.kind === 'time' ? 'datetime-local' : 'text'}
        inputMode={start.kind === 'offset' ? 'numeric' : undefined}
        step={start.kind === 'time' ? 1 : undefined}
        data-kind={start.kind}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={send}
      />
      <Button type="submit" look="quiet">
        Go
      </Button>
    </form>
  )
}

const hourMs = 3_600_000

/** What a choice begins with until the reader says more: the partition's first offset, an hour ago. */
function beginningOf(kind: StartKind, topic: TopicDetail, search: TopicSearch): TopicSearch {
  const none = { from: undefined, at: undefined, live: undefined }
  if (kind === 'oldest') return { ...none, from: 'oldest' }
  if (kind === 'time') return { ...none, at: new Date(Date.now() - hourMs).toISOString() }
  if (kind === 'newest') return none
  const partition = search.partition ?? 0
  return { ...none, partition, from: topic.bounds.find((each) => each.partition === partition)?.startOffset ?? 0 }
}

/** An offset is one of a partition: all of them together have none. */
function partitionsOf({ partitions }: TopicDetail, isOne: boolean): { id: string; text: string }[] {
  const each = Array.from({ length: partitions }, (_, partition) => ({
    id: String(partition),
    text: `Partition ${partition}`,
  }))
  return isOne ? each : [{ id: 'all', text: 'All partitions' }, ...each]
}
