import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import type { StreamRecord } from '../../api/streams-port.ts'
import { Button } from '../../ui/button.tsx'
import { useMediaQuery } from '../../ui/use-media-query.ts'
import { formatCount } from '../figures.ts'
import type { Format } from './decoding.ts'
import { type FeedEdge, type FeedView, type RecordFeed, recordKey } from './record-feed.ts'
import styles from './record-list.module.css'
import { RecordRow } from './record-row.tsx'

interface RecordListProps {
  readonly feed: RecordFeed
  readonly view: FeedView
  readonly isNewestFirst: boolean
  readonly isLive: boolean
  readonly format: Format
  /** The key of the record that is open. */
  readonly open: string | undefined
  readonly onOpen: (record: StreamRecord) => void
}

/** Where a row has two lines; the style sheet has the same width. */
const narrowQuery = '(max-width: 899px)'
const rowPx = { wide: 34, narrow: 56 }
const edgePx = 44
/** So many rows before the end the next ones are asked for. */
const rowsAhead = 12

/** The records, of which only those in sight are drawn. One stop for the keyboard: arrows move, Enter opens. */
export function RecordList({ feed, view, isNewestFirst, isLive, format, open, onOpen }: RecordListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery(narrowQuery)
  const heightPx = isNarrow ? rowPx.narrow : rowPx.wide
  const records = useMemo(
    () => (isNewestFirst ? view.records.toReversed() : view.records),
    [view.records, isNewestFirst],
  )
  const hasTop = !isNewestFirst
  const virtual = useVirtualizer({
    count: records.length,
    getScrollElement: () => box.current,
    estimateSize: () => heightPx,
    getItemKey: (index) => recordKey(records[index]!),
    overscan: 12,
    paddingStart: hasTop ? edgePx : 0,
    paddingEnd: edgePx,
  })
  useEffect(() => virtual.measure(), [virtual, heightPx])
  useStandStill(box, { records, heightPx, followsTop: isNewestFirst })

  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  const isNearEnd = lastShown >= records.length - rowsAhead
  // What fails waits for the reader to ask again.
  const wantsMore = isNearEnd && !view.problem && (isNewestFirst ? view.older : view.newer) === 'more'
  useEffect(() => {
    if (wantsMore) void (isNewestFirst ? feed.loadOlder() : feed.loadNewer())
  }, [wantsMore, isNewestFirst, feed, records.length])

  const openIndex = open === undefined ? -1 : records.findIndex((record) => recordKey(record) === open)
  const move = (event: KeyboardEvent): void => {
    const target = targetOf(event.key, openIndex, records.length)
    if (target === undefined) return
    event.preventDefault()
    virtual.scrollToIndex(target, { align: 'auto' })
    onOpen(records[target]!)
  }

  return (
    <>
      <Columns />
      <div ref={box} className={styles.box}>
        <div
          className={styles.list}
          role="listbox"
          aria-label="Messages"
          tabIndex={0}
          aria-activedescendant={openIndex >= 0 ? rowId(open!) : undefined}
          style={{ height: virtual.getTotalSize() }}
          onKeyDown={move}
        >
          {items.map(({ key, index, start, size }) => (
            <RecordRow
              key={key}
              id={rowId(String(key))}
              record={records[index]!}
              place={{ start, size, index, count: records.length }}
              format={format}
              isOpen={index === openIndex}
              isLive={isLive}
              onOpen={onOpen}
            />
          ))}
        </div>
        {hasTop && (
          <div className={styles.top}>
            <Edge edge={view.older} onLoad={() => void feed.loadOlder()} load="Load older records" end="The start" />
          </div>
        )}
        <div className={styles.bottom}>
          {isNewestFirst ? (
            <Edge
              edge={view.older}
              onLoad={() => void feed.loadOlder()}
              load="Load older records"
              end={endWords(view)}
            />
          ) : (
            <NewestEdge view={view} feed={feed} />
          )}
        </div>
      </div>
    </>
  )
}

interface EdgeProps {
  readonly edge: FeedEdge
  readonly load: string
  readonly end: string
  readonly onLoad: () => void
}

function Edge({ edge, load, end, onLoad }: EdgeProps): ReactNode {
  if (edge === 'end') return <span className={styles.end}>{end}</span>
  return (
    <Button look="quiet" isPending={edge === 'loading'} onPress={onLoad}>
      {edge === 'loading' ? 'Loading…' : load}
    </Button>
  )
}

/** The newest end never ends: there may be more by now. */
function NewestEdge({ view, feed }: { readonly view: FeedView; readonly feed: RecordFeed }): ReactNode {
  if (view.isFull) return <span className={styles.end}>{endWords(view)}</span>
  return (
    <Button look="quiet" isPending={view.newer === 'loading'} onPress={() => void feed.loadNewer()}>
      {view.newer === 'loading' ? 'Loading…' : 'These are the newest · look for newer'}
    </Button>
  )
}

const endWords = ({ isFull, records }: FeedView): string =>
  isFull
    ? `${formatCount(records.length)} records are shown. Begin at an offset or a time to see others.`
    : 'The start of the topic'

const rowId = (key: string): string => `record-${key.replace(':', '-')}`

function targetOf(key: string, at: number, count: number): number | undefined {
  const target =
    key === 'ArrowDown'
      ? at + 1
      : key === 'ArrowUp'
        ? Math.max(0, at - 1)
        : key === 'PageDown'
          ? at + 10
          : key === 'PageUp'
            ? at - 10
            : key === 'Home'
              ? 0
              : key === 'End'
                ? count - 1
                : undefined
  return target === undefined ? undefined : Math.min(count - 1, Math.max(0, target))
}

interface StandStillOptions {
  readonly records: readonly StreamRecord[]
  readonly heightPx: number
  /** Whether a reader at the very top wants to see what comes in there. */
  readonly followsTop: boolean
}

/** Readers keep the same rows under their eyes when others come in above. */
function useStandStill(
  box: RefObject<HTMLDivElement | null>,
  { records, heightPx, followsTop }: StandStillOptions,
): void {
  const first = useRef<string>(undefined)
  useLayoutEffect(() => {
    const element = box.current
    const before = first.current
    first.current = records[0] && recordKey(records[0])
    if (!element || before === undefined || before === first.current) return
    if (followsTop && element.scrollTop < heightPx) return
    const added = records.findIndex((record) => recordKey(record) === before)
    if (added > 0) element.scrollTop += added * heightPx
  }, [box, records, heightPx, followsTop])
}

/** Rows in the place of those that are loading. */
export function RecordSkeletons(): ReactNode {
  return (
    <>
      <Columns />
      <div className={styles.skeletons} role="status">
        <span className="for-screen-readers">Loading messages</span>
        {Array.from({ length: 14 }, (_, i) => (
          <span key={i} className={styles.skeleton} />
        ))}
      </div>
    </>
  )
}

function Columns(): ReactNode {
  return (
    <div className={styles.columns} aria-hidden="true">
      <span>Time</span>
      <span className={styles.number}>Partition</span>
      <span className={styles.number}>Offset</span>
      <span>Key</span>
      <span>Value</span>
      <span className={styles.number}>Size</span>
    </div>
  )
}
