import { type Clock, KoineError } from '@koine/base'
import type { DecodedRecord } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope } from '@koine/stores-ports'
import type { FetchedPartition } from '../records/fetch.ts'
import type { Records } from '../records/records.ts'
import { committedRecords } from './committed-records.ts'
import { decodeCursor, encodeCursor, type Offsets } from './topic-cursor.ts'

export interface TopicRecord extends DecodedRecord {
  readonly partition: number
}

/**
 * - `earliest`, `latest`: the oldest record; behind the newest one. `last`: as many of the newest as the page may hold.
 * - A number: that offset, or the nearest there is (one partition only).
 * - `timestampMs`: in each partition the first record that is at or after it.
 * - `cursor`: where an earlier page or record said to go on.
 */
export type TopicPosition =
  | 'earliest'
  | 'latest'
  | 'last'
  | number
  | { readonly timestampMs: number }
  | { readonly cursor: string }

export interface TopicRequest {
  readonly topic: string
  /** All of them unless told. */
  readonly partition?: number | undefined
  readonly from: TopicPosition
}

export interface TopicPage {
  /** By time, and within a partition by offset. */
  readonly records: readonly TopicRecord[]
  /** Goes on behind the last of them. */
  readonly cursor: string
}

const readBytes = 4 * 1024 * 1024
const partitionBytes = 256 * 1024
/** A read takes no further batch once its records hold so many bytes: small batches may unpack to very large ones. */
const unpackedBytesMax = 8 * 1024 * 1024
/** Reads without a record to show, such as of aborted transactions, before a page is answered short. */
const readsPerPage = 50
const tailRecords = 100
const tailWaitMs = 20_000

/** Reads committed records of a topic over all its partitions, for people to look at: not fast, but complete. */
export class TopicReader {
  readonly #records: Pick<Records, 'fetch' | 'findOffset'>
  readonly #clock: Pick<Clock, 'now'>

  constructor({ records, clock }: { records: Pick<Records, 'fetch' | 'findOffset'>; clock: Pick<Clock, 'now'> }) {
    this.#records = records
    this.#clock = clock
  }

  /**
   * @throws KoineError `not_found` (no such topic or partition), `invalid_request` (not a cursor of this topic);
   * CorruptRecordBatch
   */
  async page(scope: TenantScope, request: TopicRequest, { limit }: { readonly limit: number }): Promise<TopicPage> {
    const offsets = await this.#startOffsets(scope, request, limit)
    const signal = new AbortController().signal
    for (let reads = 1; ; reads++) {
      const read = await this.#read(scope, { topic: request.topic, offsets, limit, waitMsMax: 0, signal })
      const isAtEnd = !read.hasMoved
      if (read.records.length > 0 || isAtEnd || reads === readsPerPage) {
        return { records: read.records, cursor: encodeCursor(offsets) }
      }
    }
  }

  /** Yields records as they come, each with the cursor behind it, until the signal is aborted. Throws as `page` does. */
  async *tail(
    scope: TenantScope,
    request: TopicRequest,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly cursor: string; readonly record: TopicRecord }> {
    const offsets = await this.#startOffsets(scope, request, tailRecords)
    const passed = new Map(offsets)
    while (!signal.aborted) {
      const query = { topic: request.topic, offsets, limit: tailRecords, waitMsMax: tailWaitMs, signal }
      const { records } = await this.#read(scope, query)
      for (const record of records) {
        passed.set(record.partition, record.offset + 1)
        yield { cursor: encodeCursor(passed), record }
        if (signal.aborted) return
      }
      for (const [partition, offset] of offsets) passed.set(partition, offset)
    }
  }

  /** Reads on from the offsets and moves them. */
  async #read(
    scope: TenantScope,
    { topic, offsets, limit, waitMsMax, signal }: Reading,
  ): Promise<{ records: readonly TopicRecord[]; hasMoved: boolean }> {
    const fetched = await this.#records.fetch(scope, {
      partitions: [...offsets].map(([partition, offset]) => ({ topic, partition, offset, bytesMax: partitionBytes })),
      isolation: 'read-committed',
      bytesMin: 1,
      waitMsMax,
      bytesMax: readBytes,
      signal,
    })
    const before = new Map(offsets)
    const records: TopicRecord[] = []
    const room = { records: limit, bytes: unpackedBytesMax }
    for (const each of fetched) records.push(...take(each, offsets, room))
    records.sort((a, b) => a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset)
    for (const { partition, offset } of records.splice(limit)) {
      offsets.set(partition, Math.min(offsets.get(partition)!, offset))
    }
    return { records, hasMoved: [...offsets].some(([partition, offset]) => before.get(partition) !== offset) }
  }

  async #startOffsets(scope: TenantScope, request: TopicRequest, limit: number): Promise<Offsets> {
    const { topic, partition } = request
    const described = await scope.log.topic(topic)
    if (!described) throw new KoineError('not_found', `There is no topic ${topic}.`)
    if (partition !== undefined && !(partition >= 0 && partition < described.partitions)) {
      throw new KoineError('not_found', `Topic ${topic} has no partition ${partition}.`)
    }
    const all = Array.from({ length: described.partitions }, (_, number) => number)
    const wanted = partition === undefined ? all : [partition]
    const { from } = request
    const given = typeof from === 'object' && 'cursor' in from ? decodeCursor(from.cursor, wanted) : undefined
    const found = await Promise.all(
      wanted.map((each) => this.#startOffset(scope, { topic, partition: each }, from, limit)),
    )
    return new Map(wanted.map((each, index) => [each, given?.get(each) ?? found[index]!]))
  }

  async #startOffset(scope: TenantScope, at: Partition, from: TopicPosition, limit: number): Promise<number> {
    const [earliest, latest] = [await this.#offset(scope, at, 'earliest'), await this.#offset(scope, at, 'latest')]
    if (from === 'latest') return latest
    if (from === 'last') return Math.max(earliest, latest - limit)
    if (typeof from === 'number') return Math.min(Math.max(from, earliest), latest)
    if (from === 'earliest' || 'cursor' in from) return earliest
    const { timestampMs } = from
    const found = timestampMs > this.#clock.now() ? -1 : await this.#offset(scope, at, { timestampMs })
    return found < 0 ? latest : found
  }

  async #offset(scope: TenantScope, at: Partition, query: Parameters<Records['findOffset']>[2]): Promise<number> {
    const found = await this.#records.findOffset(scope, at, query, 'read-committed')
    if (!found.ok) throw new KoineError('not_found', `Topic ${at.topic} has no partition ${at.partition}.`)
    return found.offset
  }
}

interface Reading {
  readonly topic: string
  readonly offsets: Offsets
  readonly limit: number
  readonly waitMsMax: number
  readonly signal: AbortSignal
}

/** What a read may still unpack: records of each partition, and bytes of all of them. */
interface Room {
  readonly records: number
  bytes: number
}

/** The records of one partition's answer, as far as there is room; moves its offset behind them. */
function take(fetched: FetchedPartition, offsets: Offsets, room: Room): TopicRecord[] {
  const { partition } = fetched
  const from = offsets.get(partition)!
  if (!fetched.ok) {
    if (fetched.reason === 'failed') throw fetched.cause
    if (fetched.reason === 'no-such-partition') throw new KoineError('not_found', 'The topic was deleted.')
    // What was to be read next has gone, or a cursor lied.
    offsets.set(partition, Math.min(Math.max(from, fetched.startOffset), fetched.endOffset))
    return []
  }
  const records: TopicRecord[] = []
  if (room.bytes <= 0) return records
  for (const batch of committedRecords(fetched.batches, fetched.abortedTransactions)) {
    for (const record of batch.records) {
      room.bytes -= bytesOf(record)
      if (record.offset >= from) records.push({ ...record, partition })
    }
    offsets.set(partition, Math.max(from, batch.nextOffset))
    if (room.bytes <= 0 || records.length >= room.records) break
  }
  return records
}

const bytesOf = ({ key, value, headers }: DecodedRecord): number =>
  headers.reduce(
    (sum, header) => sum + header.name.length + (header.value?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  )
