import { type DecodeOptions, openRecordBatch, placedRecords } from './decode.ts'
import { assembleRecordBatch } from './encode.ts'
import { attributeBits, type RecordBatchHeader } from './header.ts'
import type { DecodedRecord } from './record.ts'

export interface RebuildOptions extends DecodeOptions {
  /** When no record is kept: the batch stays without records, for its offsets and its producer's sequence. */
  readonly keepEmpty?: boolean
}

/**
 * The batch with only those records that `keep` says yes to, as a compacted log holds it: offsets, producer, times and
 * codec stay, and what is gone leaves a gap. The record of a control batch is asked about like any other.
 * @returns the given batch itself when all are kept; undefined when none is, unless `keepEmpty`
 * @throws CorruptRecordBatch
 */
export function rebuildRecordBatch(
  batch: Uint8Array,
  keep: (record: DecodedRecord) => boolean,
  options: RebuildOptions = {},
): Uint8Array | undefined {
  const opened = openRecordBatch(batch, options)
  const { header, body } = opened
  const kept: Uint8Array[] = []
  let maxTimestampMs = -1
  for (const { record, start, end } of placedRecords(opened)) {
    if (!keep(record)) continue
    kept.push(body.subarray(start, end))
    maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs)
  }
  if (kept.length === 0) return options.keepEmpty ? emptied(batch, header) : undefined
  if (kept.length === header.recordCount) return batch
  return assembleRecordBatch({ ...header, recordCount: kept.length, maxTimestampMs }, Buffer.concat(kept))
}

function emptied(batch: Uint8Array, header: RecordBatchHeader): Uint8Array {
  if (header.recordCount === 0) return batch
  const attributes = header.attributes & ~(attributeBits.codec | attributeBits.deleteHorizon)
  const baseTimestampMs = header.maxTimestampMs
  return assembleRecordBatch({ ...header, attributes, baseTimestampMs, recordCount: 0 }, new Uint8Array(0))
}
