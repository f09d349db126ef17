import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useMemo } from 'react'
import type { StreamRecord } from '../../api/streams-port.ts'
import { IconButton } from '../../ui/button.tsx'
import { ArrowDownIcon, ArrowUpIcon, CloseIcon, WarningIcon } from '../../ui/icons.tsx'
import { Notice } from '../../ui/notice.tsx'
import { RowSkeletons } from '../../ui/skeleton.tsx'
import { explainStreams } from '../explain-streams.ts'
import { formatAgo } from '../figures.ts'
import { useStreams } from '../streams-queries.ts'
import { decode, type Format } from './decoding.ts'
import { recordKey } from './record-feed.ts'
import styles from './record-inspector.module.css'
import { formatWhole } from './stamp.ts'
import { ValueView } from './value-view.tsx'

interface RecordInspectorProps {
  readonly topic: string
  /** `partition:offset` */
  readonly place: string
  /** Those in the list, ascending. */
  readonly records: readonly StreamRecord[]
  readonly isNewestFirst: boolean
  readonly format: Format
  readonly onOpen: (record: string | undefined) => void
}

/** One record in full, beside the list. */
export function RecordInspector({
  topic,
  place,
  records,
  isNewestFirst,
  format,
  onOpen,
}: RecordInspectorProps): ReactNode {
  const index = useMemo(() => records.findIndex((record) => recordKey(record) === place), [records, place])
  const found = useRecord(topic, place, records[index])
  const [partition, offset] = place.split(':')
  const above = records[isNewestFirst ? index + 1 : index - 1]
  const below = records[isNewestFirst ? index - 1 : index + 1]
  const close = (): void => {
    onOpen(undefined)
    document.querySelector<HTMLElement>('[role="listbox"]')?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close()
  }
  return (
    // Escape closes it from anywhere inside.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className={styles.pane} aria-label={`Record ${place}`} onKeyDown={onKeyDown}>
      <header className={styles.head}>
        <h2 className={styles.title}>
          Offset {offset}
          <span className={styles.where}>partition {partition}</span>
        </h2>
        <IconButton
          label={isNewestFirst ? 'Newer record' : 'Older record'}
          isDisabled={index < 0 || !above}
          onPress={() => above && onOpen(recordKey(above))}
        >
          <ArrowUpIcon size={16} />
        </IconButton>
        <IconButton
          label={isNewestFirst ? 'Older record' : 'Newer record'}
          isDisabled={index < 0 || !below}
          onPress={() => below && onOpen(recordKey(below))}
        >
          <ArrowDownIcon size={16} />
        </IconButton>
        <IconButton label="Close" onPress={close}>
          <CloseIcon size={16} />
        </IconButton>
      </header>
      <div className={styles.content}>
        {found.record && <RecordContent record={found.record} format={format} />}
        {!found.record && found.isPending && <RowSkeletons rows={3} label="Loading the record" />}
        {!found.record && !found.isPending && (
          <Notice icon={<WarningIcon size={22} />} kind="problem" title="This record is not there">
            {found.error
              ? explainStreams(found.error).title
              : 'Retention, compaction or an aborted transaction may have taken it away.'}
          </Notice>
        )}
      </div>
    </aside>
  )
}

interface FoundRecord {
  readonly record: StreamRecord | undefined
  readonly isPending: boolean
  readonly error: unknown
}

/** The record of the list, or, where an address led here, of the server. */
function useRecord(topic: string, place: string, listed: StreamRecord | undefined): FoundRecord {
  const streams = useStreams()
  const [partition, offset] = place.split(':').map(Number) as [number, number]
  const asked = useQuery({
    queryKey: ['streams', 'record', topic, place],
    queryFn: async () => {
      const { data } = await streams.records(topic, { partition, from: offset, limit: 1 })
      return data.find((record) => record.offset === offset) ?? null
    },
    enabled: listed === undefined,
  })
  return { record: listed ?? asked.data ?? undefined, isPending: asked.isPending, error: asked.error }
}

function RecordContent({ record, format }: { readonly record: StreamRecord; readonly format: Format }): ReactNode {
  const { key, value, headers, timestamp } = record
  return (
    <>
      <p className={styles.time}>
        <time dateTime={timestamp}>{formatWhole(timestamp)}</time>
        <span className={styles.faint}>
          {formatAgo(timestamp, Date.now())} · <code>{timestamp}</code>
        </span>
      </p>
      {key === null ? (
        <section className={styles.section}>
          <h3 className={styles.label}>Key</h3>
          <p className={styles.faint}>No key.</p>
        </section>
      ) : (
        <ValueView label="Key" bytes={key} format={format} />
      )}
      {headers.length > 0 && <Headers headers={headers} format={format} />}
      {value === null ? (
        <section className={styles.section}>
          <h3 className={styles.label}>Value</h3>
          <p className={styles.tombstone}>
            A tombstone: no value. Where the topic is compacted, it deletes what was written under its key.
          </p>
        </section>
      ) : (
        <ValueView label="Value" bytes={value} format={format} />
      )}
    </>
  )
}

function Headers({ headers, format }: Pick<StreamRecord, 'headers'> & { readonly format: Format }): ReactNode {
  return (
    <section className={styles.section}>
      <h3 className={styles.label}>
        Headers <span className={styles.faint}>{headers.length}</span>
      </h3>
      <dl className={styles.headers}>
        {headers.map(({ name, value }, i) => (
          // A name may come twice, and the order counts.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={styles.header}>
            <dt>{name}</dt>
            <dd>{value === null ? <span className={styles.faint}>no value</span> : headerText(value, format)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const headerText = (value: NonNullable<StreamRecord['key']>, format: Format): string => decode(value, format).text
