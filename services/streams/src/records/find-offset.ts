import {
  baseOffset,
  CorruptRecordBatch,
  decodeRecordBatch,
  type DecodedRecord,
  lastOffsetDelta,
  maxTimestampMs,
} from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantLog, TenantScope } from '@koine/stores-ports'
import type { Isolation } from './isolation.ts'
import type { Lanes } from './lanes.ts'
import { readPartition } from './read-partition.ts'

export type OffsetQuery = 'earliest' | 'latest' | 'max-timestamp' | { readonly timestampMs: number }

export type FoundOffset =
  /** -1 and -1 when no record is as young. */
  | { readonly ok: true; readonly offset: number; readonly timestampMs: number }
  | { readonly ok: false; readonly reason: 'no-such-partition' }

export interface OffsetSearch {
  readonly query: OffsetQuery
  /** A reader of committed records finds nothing at or after the last stable offset. */
  readonly isolation: Isolation
  readonly lanes: Lanes
}

interface Found {
  readonly offset: number
  readonly timestampMs: number
}

const none = -1
const nothing: FoundOffset = { ok: true, offset: none, timestampMs: none }
const noSuchPartition: FoundOffset = { ok: false, reason: 'no-such-partition' }
const pageBytes = 1024 * 1024
/** The second is for a first one that is cut by the partition's start. More are unpacked only for headers that lie. */
const unpackedMax = 2

export async function findOffset(
  scope: TenantScope,
  at: Partition,
  { query, isolation, lanes }: OffsetSearch,
): Promise<FoundOffset> {
  const bounds = await scope.log.bounds(at)
  if (!bounds) return noSuchPartition
  const { startOffset, endOffset } = bounds
  if (query === 'earliest') return { ok: true, offset: startOffset, timestampMs: none }
  const before = isolation === 'read-committed' ? await stableOffset(scope, at, { startOffset, lanes }) : endOffset
  if (before === undefined) return noSuchPartition
  if (query === 'latest') return { ok: true, offset: before, timestampMs: none }
  const timestampMs = query === 'max-timestamp' ? await largestTimestamp(scope.log, at) : query.timestampMs
  const found = timestampMs === undefined ? undefined : await firstSince(scope.log, at, { timestampMs, startOffset })
  return found && found.offset < before ? { ok: true, ...found } : nothing
}

async function stableOffset(
  scope: TenantScope,
  at: Partition,
  { startOffset, lanes }: { readonly startOffset: number; readonly lanes: Lanes },
): Promise<number | undefined> {
  const isolation = 'read-committed'
  const read = await readPartition(scope, at, { offset: startOffset, bytesMax: 0, boundsOnly: true, isolation, lanes })
  if (read.ok) return read.lastStableOffset
  // The start moved on just now; only what is stable leaves the log.
  return read.reason === 'offset-out-of-range' ? read.startOffset : undefined
}

/** The log finds batches; the first record that is at or after the time is found by reading from there. */
async function firstSince(
  log: TenantLog,
  at: Partition,
  { timestampMs, startOffset }: { readonly timestampMs: number; readonly startOffset: number },
): Promise<Found | undefined> {
  const batch = await log.findTimestamp(at, timestampMs)
  if (!batch) return undefined
  let offset = Math.max(batch.offset, startOffset)
  let unpacked = 0
  for (;;) {
    const page = await log.read(at, { offset, bytesMax: pageBytes })
    if (!page.ok || page.batches.length === 0) return undefined
    for (const bytes of page.batches) {
      if (maxTimestampMs(bytes) >= timestampMs) {
        // A batch costs far more to unpack than to read: beyond so many, a header is taken at its word.
        if (unpacked++ === unpackedMax) return asHeaderSays(bytes, startOffset)
        const found = firstIn(bytes, { timestampMs, startOffset })
        if (found) return found
      }
      offset = baseOffset(bytes) + lastOffsetDelta(bytes) + 1
    }
  }
}

function firstIn(
  batch: Uint8Array,
  { timestampMs, startOffset }: { readonly timestampMs: number; readonly startOffset: number },
): Found | undefined {
  const records = recordsOf(batch)
  if (!records) return asHeaderSays(batch, startOffset)
  const record = records.find((each) => each.timestampMs >= timestampMs && each.offset >= startOffset)
  return record && { offset: record.offset, timestampMs: record.timestampMs }
}

const asHeaderSays = (batch: Uint8Array, startOffset: number): Found => ({
  offset: Math.max(baseOffset(batch), startOffset),
  timestampMs: maxTimestampMs(batch),
})

/** Undefined for a batch that doesn't show its records, such as an end marker: its first offset is early enough. */
function recordsOf(batch: Uint8Array): readonly DecodedRecord[] | undefined {
  try {
    const { records } = decodeRecordBatch(batch)
    return records.length > 0 ? records : undefined
  } catch (thrown) {
    if (thrown instanceof CorruptRecordBatch) return undefined
    throw thrown
  }
}

/** Gallops: the log only says whether there is a batch at or after a time. Undefined when the partition is empty. */
async function largestTimestamp(log: TenantLog, at: Partition): Promise<number | undefined> {
  let largest = (await log.findTimestamp(at, 0))?.timestampMs
  for (let step = 1; largest !== undefined && step >= 1;) {
    const later = await log.findTimestamp(at, largest + step)
    if (later) largest = later.timestampMs
    step = later ? step * 2 : step / 2
  }
  return largest
}
