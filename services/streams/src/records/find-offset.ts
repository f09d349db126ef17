import { CorruptRecordBatch, decodeRecordBatch, type DecodedRecord } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantLog } from '@koine/stores-ports'

export type OffsetQuery = 'earliest' | 'latest' | 'max-timestamp' | { readonly timestampMs: number }

export type FoundOffset =
  /** -1 and -1 when no record is as young. */
  | { readonly ok: true; readonly offset: number; readonly timestampMs: number }
  | { readonly ok: false; readonly reason: 'no-such-partition' }

const none = -1

export async function findOffset(log: TenantLog, at: Partition, query: OffsetQuery): Promise<FoundOffset> {
  const bounds = await log.bounds(at)
  if (!bounds) return { ok: false, reason: 'no-such-partition' }
  if (query === 'earliest') return { ok: true, offset: bounds.startOffset, timestampMs: none }
  if (query === 'latest') return { ok: true, offset: bounds.endOffset, timestampMs: none }
  const timestampMs = query === 'max-timestamp' ? await largestTimestamp(log, at) : query.timestampMs
  const batch = timestampMs === undefined ? undefined : await log.findTimestamp(at, timestampMs)
  if (timestampMs === undefined || !batch) return { ok: true, offset: none, timestampMs: none }
  return { ok: true, ...(await recordWithin(log, at, { batchOffset: batch.offset, timestampMs })) }
}

/** The log finds batches; the first record in it that is at or after the time is found by reading it. */
async function recordWithin(
  log: TenantLog,
  at: Partition,
  { batchOffset, timestampMs }: { batchOffset: number; timestampMs: number },
): Promise<{ offset: number; timestampMs: number }> {
  const read = await log.read(at, { offset: batchOffset, bytesMax: 1 })
  const [batch] = read.ok ? read.batches : []
  if (!batch) return { offset: batchOffset, timestampMs }
  const record = recordsOf(batch).find((each) => each.timestampMs >= timestampMs)
  return record ? { offset: record.offset, timestampMs: record.timestampMs } : { offset: batchOffset, timestampMs }
}

/** None when the batch can't be read, such as for a codec that only clients know: its first offset is early enough. */
function recordsOf(batch: Uint8Array): readonly DecodedRecord[] {
  try {
    return decodeRecordBatch(batch).records
  } catch (thrown) {
    if (thrown instanceof CorruptRecordBatch) return []
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
