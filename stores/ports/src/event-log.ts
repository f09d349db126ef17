import { type Clock, KoineError } from '@koine/base'
import {
  attributeBits,
  decodeRecordBatch,
  encodeRecordBatch,
  type NewRecord,
  type RecordHeader,
} from '@koine/protocols-kafka/record-batch'
import { type Following, followTopic, type Progress, progressOfGroup } from './event-subscription.ts'
import type { Partition, ReadResult, TenantLog } from './log.ts'
import { partitionOfKey } from './murmur2.ts'

export interface EventRecord {
  /** The record's key; the key that it is appended under where it isn't given. */
  readonly key?: string | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
  /** Now, where it isn't given. */
  readonly timestampMs?: number
}

export interface StoredRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  /** A view of the log's bytes: not to be changed. */
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

export interface RecordPage {
  readonly records: readonly StoredRecord[]
  /** Where the next page starts: behind the last record of this one. */
  readonly nextOffset: number
  readonly startOffset: number
  readonly endOffset: number
}

export type EventAppendResult =
  | { readonly ok: true; readonly partition: number; readonly baseOffset: number }
  | { readonly ok: false; readonly reason: 'no-such-topic' }

/** A record and where it stands. */
export type SubscribedRecord = StoredRecord & Partition

export type RecordHandler = (record: SubscribedRecord) => Promise<void>
/** Records of one partition, in order. */
export type RecordsHandler = (records: readonly SubscribedRecord[]) => Promise<void>

/** Of one batch, and of one event: what Kafka's consumers fetch by default, and some more for an event's own fields. */
const batchBytesGoal = 1024 * 1024 + 63 * 1024
const readBytes = 1024 * 1024

/** Records over one tenant's log, in partitions as Kafka's producers choose them. */
export class EventLog {
  readonly #log: TenantLog
  readonly #clock: Clock
  #unkeyed = 0

  constructor(log: TenantLog, { clock }: { clock: Clock }) {
    this.#log = log
    this.#clock = clock
  }

  /** The partition of a key in a topic of so many; without a key, one after another. */
  partitionFor(key: string | null, partitions: number): number {
    return key === null ? this.#unkeyed++ % partitions : partitionOfKey(Buffer.from(key), partitions)
  }

  /**
   * Appends records to the key's partition, all or none, in their order.
   * @throws KoineError `too_large` when one record, or all of them, exceed what an append may hold
   */
  async append(topic: string, key: string | null, records: readonly EventRecord[]): Promise<EventAppendResult> {
    const found = await this.#log.topic(topic)
    if (!found) return { ok: false, reason: 'no-such-topic' }
    const partition = this.partitionFor(key, found.partitions)
    const keyed = records.map((record) => ({ ...record, key: record.key === undefined ? key : record.key }))
    return this.appendTo({ topic, partition }, keyed)
  }

  /** Appends records to one partition, all or none, in their order. */
  async appendTo(at: Partition, records: readonly EventRecord[]): Promise<EventAppendResult> {
    const now = this.#clock.now()
    const batches = inBatches(records.map((record) => toNewRecord(record, now))).map((batch) =>
      encodeRecordBatch({ records: batch }),
    )
    const result = await this.#log.append(at, batches.length === 1 ? batches[0]! : Buffer.concat(batches))
    if (!result.ok) return { ok: false, reason: 'no-such-topic' }
    return { ok: true, partition: at.partition, baseOffset: result.baseOffset }
  }

  /**
   * Up to `limit` records from `offset` on; none at the end, and where only the marks of transactions come next.
   * @throws KoineError `not_found` without such a partition, `invalid_request` for an offset outside it;
   * CorruptRecordBatch for a batch that can't be decoded, such as one compressed with a codec that isn't read here
   */
  async read(at: Partition, offset: number, limit: number): Promise<RecordPage> {
    const read = await this.#log.read(at, { offset, bytesMax: readBytes })
    if (!read.ok) throw readProblem(at, offset, read)
    const records: StoredRecord[] = []
    let nextOffset = offset
    for (const batch of read.batches) {
      const decoded = decodeRecordBatch(batch)
      const isMark = (decoded.header.attributes & attributeBits.control) !== 0
      for (const record of isMark ? [] : decoded.records) {
        if (record.offset < offset) continue
        if (records.length === limit) return { records, nextOffset, ...boundsOf(read) }
        records.push({ ...record, key: record.key && Buffer.from(record.key).toString() })
        nextOffset = record.offset + 1
      }
      nextOffset = decoded.header.baseOffset + decoded.header.lastOffsetDelta + 1
    }
    return { records, nextOffset, ...boundsOf(read) }
  }

  /**
   * Hands each record of the topics to `handler`, one at a time within a partition, from where the group left off (the
   * oldest, the first time), and commits behind it. At least once: what was handled and not yet committed comes again.
   * Topics may come and go. Resolves when the signal is aborted; rejects with the handler's failure, after committing
   * what was handled before it: subscribing again resumes there.
   */
  subscribe(
    group: string,
    topics: readonly string[],
    handler: RecordHandler,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    return this.#follow(progressOfGroup(this.#log, group), topics, signal, async (records, to) => {
      for (const record of records) {
        if (to.signal.aborted) return
        await handler(record)
        to.handled(record)
      }
    })
  }

  /**
   * As `subscribe`, many records at a time, for who keeps how far it came elsewhere: all records of a page come again unless
   * the handler resolves.
   */
  subscribeInPages(
    progress: Progress,
    topics: readonly string[],
    handler: RecordsHandler,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    return this.#follow(progress, topics, signal, async (records, { handled }) => {
      await handler(records)
      handled(records.at(-1)!)
    })
  }

  async #follow(
    progress: Progress,
    topics: readonly string[],
    signal: AbortSignal,
    handle: Following['handle'],
  ): Promise<void> {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const follow = { events: this, log: this.#log, clock: this.#clock, progress, handle, signal: either }
    const running = topics.map((topic) => followTopic(follow, topic))
    try {
      await Promise.all(running)
    } finally {
      stop.abort()
      await Promise.allSettled(running)
    }
  }
}

function toNewRecord({ key, value, headers = [], timestampMs }: EventRecord, now: number): NewRecord {
  return { key: typeof key === 'string' ? Buffer.from(key) : null, value, headers, timestampMs: timestampMs ?? now }
}

/** At least what the record takes in a batch: its bytes, and the longest that its lengths can be. */
function recordBytesMax({ key, value, headers = [] }: NewRecord): number {
  let bytes = 32 + (key?.length ?? 0) + (value?.length ?? 0)
  for (const { name, value } of headers) bytes += 10 + name.length * 3 + (value?.length ?? 0)
  return bytes
}

/** The records in as few batches as hold them. */
function inBatches(records: readonly NewRecord[]): NewRecord[][] {
  const batches: NewRecord[][] = [[]]
  let bytes = 0
  for (const record of records) {
    const size = recordBytesMax(record)
    if (size > batchBytesGoal) throw new KoineError('too_large', `An event holds at most ${batchBytesGoal} bytes.`)
    if (bytes + size > batchBytesGoal) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)!.push(record)
    bytes += size
  }
  return batches
}

const boundsOf = ({ startOffset, endOffset }: { startOffset: number; endOffset: number }) => ({
  startOffset,
  endOffset,
})

function readProblem({ topic, partition }: Partition, offset: number, read: ReadResult & { ok: false }): KoineError {
  if (read.reason === 'no-such-partition') {
    return new KoineError('not_found', `There is no partition ${partition} of a topic '${topic}'.`)
  }
  const { startOffset, endOffset } = read
  return new KoineError('invalid_request', `Offset ${offset} is outside ${startOffset} to ${endOffset}.`)
}
