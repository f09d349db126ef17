import { codecs, decompressRecords } from './compression.ts'
import type { RecordHeader } from './encode.ts'
import {
  attributeBits,
  readRecordBatchHeader,
  type RecordBatchHeader,
  recordBatchBytes,
  recordBatchHeaderBytes,
} from './header.ts'
import { CorruptRecordBatch } from './problem.ts'
import { RecordReader } from './varint.ts'

/** Keys, values and header values are views of the batch (or of its decompressed records). */
export interface DecodedRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

export interface DecodedRecordBatch {
  readonly header: RecordBatchHeader
  readonly records: readonly DecodedRecord[]
}

const recordBytesMin = 7

/**
 * Decodes one whole record batch; a control batch has no records for a reader. The CRC is not checked again: see
 * `checkRecordBatch`.
 * @param recordsBytesMax how far compressed records may unpack, in bytes
 * @throws CorruptRecordBatch, and nothing else
 */
export function decodeRecordBatch(
  batch: Uint8Array,
  { recordsBytesMax = 64 * 1024 * 1024 }: { recordsBytesMax?: number } = {},
): DecodedRecordBatch {
  if (batch.length < recordBatchHeaderBytes) throw new CorruptRecordBatch('truncated', 'its header is cut off')
  if (batch[16] !== 2) throw new CorruptRecordBatch('unsupported-magic', `its magic is ${batch[16]}, not 2`)
  if (recordBatchBytes(batch) !== batch.length) throw new CorruptRecordBatch('bad-length', 'its length is another')
  const header = readRecordBatchHeader(batch)
  if (header.attributes & attributeBits.control) return { header, records: [] }
  const codec = codecs[header.attributes & attributeBits.codec]
  if (!codec) throw new CorruptRecordBatch('unsupported-codec', 'its codec has no name')
  const body = decompressRecords(codec, batch.subarray(recordBatchHeaderBytes), recordsBytesMax)
  return { header, records: decodeRecords(header, body) }
}

function decodeRecords(header: RecordBatchHeader, body: Uint8Array): DecodedRecord[] {
  const { recordCount } = header
  if (recordCount < 0 || recordCount * recordBytesMin > body.length) {
    throw new CorruptRecordBatch('bad-count', `${recordCount} records can't fit its ${body.length} bytes`)
  }
  const reader = new RecordReader(body)
  const records: DecodedRecord[] = []
  for (let i = 0; i < recordCount; i++)
    records.push(decodeRecord(header, new RecordReader(reader.take(reader.varint()))))
  if (reader.left > 0) throw new CorruptRecordBatch('bad-records', 'bytes follow the last record')
  return records
}

function decodeRecord(header: RecordBatchHeader, reader: RecordReader): DecodedRecord {
  reader.byte() // A record's own attributes: none is defined.
  const timestampDelta = reader.varint()
  const offset = header.baseOffset + reader.varint()
  const key = reader.nullableBytes()
  const value = reader.nullableBytes()
  const headers = decodeHeaders(reader)
  if (reader.left > 0) throw new CorruptRecordBatch('bad-records', 'bytes follow the last field of a record')
  const appendTime = (header.attributes & attributeBits.logAppendTime) !== 0
  const timestampMs = appendTime ? header.maxTimestampMs : header.baseTimestampMs + timestampDelta
  return { offset, timestampMs, key, value, headers }
}

const noHeaders: readonly RecordHeader[] = []

function decodeHeaders(reader: RecordReader): readonly RecordHeader[] {
  const count = reader.varint()
  if (count === 0) return noHeaders
  // A header is two bytes at least: its two lengths.
  if (count < 0 || count * 2 > reader.left) throw new CorruptRecordBatch('bad-records', `it declares ${count} headers`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const name = reader.nullableBytes()
    if (name === null) throw new CorruptRecordBatch('bad-records', 'a header has no name')
    headers.push({
      name: Buffer.from(name.buffer, name.byteOffset, name.length).toString(),
      value: reader.nullableBytes(),
    })
  }
  return headers
}
