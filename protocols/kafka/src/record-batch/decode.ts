import { decompressRecords } from './compression.ts'
import { readRecordBatchHeader, type RecordBatchHeader, recordBatchBytes, recordBatchHeaderBytes } from './header.ts'
import { recordBatchLimits } from './limits.ts'
import { CorruptRecordBatch } from './problem.ts'
import { type DecodedRecord, expectRecords, readRecord } from './record.ts'
import { RecordReader } from './varint.ts'

export interface DecodedRecordBatch {
  readonly header: RecordBatchHeader
  readonly records: readonly DecodedRecord[]
}

export interface DecodeOptions {
  /** How far compressed records may unpack, in bytes. */
  readonly recordsBytesMax?: number
}

/**
 * Decodes one whole record batch; a control batch has no records for a reader. The CRC is not checked again: see
 * `checkRecordBatch`.
 * @throws CorruptRecordBatch, and nothing else
 */
export function decodeRecordBatch(batch: Uint8Array, options: DecodeOptions = {}): DecodedRecordBatch {
  const opened = openRecordBatch(batch, options)
  const { header } = opened
  return { header, records: header.isControl ? [] : Array.from(placedRecords(opened), ({ record }) => record) }
}

/** A batch with its records unpacked, but not yet read. */
export interface OpenRecordBatch {
  readonly header: RecordBatchHeader
  readonly body: Uint8Array
}

export function openRecordBatch(
  batch: Uint8Array,
  { recordsBytesMax = recordBatchLimits.unpackedBytes }: DecodeOptions = {},
): OpenRecordBatch {
  if (batch.length < recordBatchHeaderBytes) throw new CorruptRecordBatch('truncated', 'its header is cut off')
  if (batch[16] !== 2) throw new CorruptRecordBatch('unsupported-magic', `its magic is ${batch[16]}, not 2`)
  if (recordBatchBytes(batch) !== batch.length) throw new CorruptRecordBatch('bad-length', 'its length is another')
  const header = readRecordBatchHeader(batch)
  if (!header.codec) throw new CorruptRecordBatch('unsupported-codec', 'its codec has no name')
  return { header, body: decompressRecords(header.codec, batch.subarray(recordBatchHeaderBytes), recordsBytesMax) }
}

export interface PlacedRecord {
  readonly record: DecodedRecord
  /** Where it stands in the body, its length field included. */
  readonly start: number
  readonly end: number
}

/** The records one by one, so that no more of them need be held than the caller does. */
export function* placedRecords({ header, body }: OpenRecordBatch): Generator<PlacedRecord> {
  const reader = new RecordReader(body)
  for (let left = expectRecords(reader, header); left > 0; left--) {
    const start = reader.at
    yield { record: readRecord(header, reader), start, end: reader.at }
  }
  if (reader.left > 0) throw new CorruptRecordBatch('bad-records', 'bytes follow the last record')
}
