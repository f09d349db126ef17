import { memo, type ReactNode, useState } from 'react'
import type { RecordBytes, StreamRecord } from '../../api/streams-port.ts'
import { Tag } from '../../ui/tag.tsx'
import { formatBytes } from '../figures.ts'
import { type Format, preview } from './decoding.ts'
import styles from './record-list.module.css'
import { formatStamp } from './stamp.ts'

interface RecordRowProps {
  readonly id: string
  readonly record: StreamRecord
  /** Where it stands in the list, in pixels, and the how-manieth it is. */
  readonly place: { readonly start: number; readonly size: number; readonly index: number; readonly count: number }
  readonly format: Format
  readonly isOpen: boolean
  readonly isLive: boolean
  readonly onOpen: (record: StreamRecord) => void
}

/** So young a record is marked for a moment as it comes in. */
const freshMs = 3_000

/** A record in one line, or two where it is narrow. */
export const RecordRow = memo(
  function RecordRow({ id, record, place, format, isOpen, isLive, onOpen }: RecordRowProps): ReactNode {
    const [isFresh] = useState(() => isLive && Date.now() - Date.parse(record.timestamp) < freshMs)
    return (
      // The list has the focus and the keys; the pointer may press a row.
      // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
      <div
        id={id}
        role="option"
        aria-selected={isOpen}
        aria-setsize={place.count}
        aria-posinset={place.index + 1}
        className={styles.row}
        data-open={isOpen || undefined}
        data-fresh={isFresh || undefined}
        style={{ height: place.size, transform: `translateY(${place.start}px)` }}
        onClick={() => onOpen(record)}
      >
        <time className={styles.time} dateTime={record.timestamp}>
          {formatStamp(record.timestamp)}
        </time>
        <span className={styles.partition}>{record.partition}</span>
        <span className={styles.offset}>{record.offset}</span>
        <span className={styles.key}>
          <KeyPreview bytes={record.key} format={format} />
        </span>
        <span className={styles.value}>
          {record.value === null ? <Tag tone="warn">Tombstone</Tag> : preview(record.value, format)}
        </span>
        <span className={styles.size}>{formatBytes((record.key?.bytes ?? 0) + (record.value?.bytes ?? 0))}</span>
      </div>
    )
  },
  // The place is made anew with each drawing.
  (a, b) =>
    a.record === b.record &&
    a.format === b.format &&
    a.isOpen === b.isOpen &&
    a.onOpen === b.onOpen &&
    a.place.start === b.place.start &&
    a.place.size === b.place.size &&
    a.place.index === b.place.index &&
    a.place.count === b.place.count,
)

function KeyPreview({ bytes, format }: { readonly bytes: RecordBytes | null; readonly format: Format }): ReactNode {
  if (bytes === null) return <span className={styles.none}>no key</span>
  return preview(bytes, format)
}
