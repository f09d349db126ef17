import type { RecordBatchHeader } from './header.ts'
import { CorruptRecordBatch } from './problem.ts'
import type { RecordReader } from './varint.ts'

export interface RecordHeader {
  readonly name: string
  readonly value: Uint8Array | null
}

/** Keys, values and header values are views of the batch (or of its decompressed records). */
export interface DecodedRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/** Reads one record: its length, its attributes (none is defined), and its fields, which must fill it. */
export function readRecord(header: RecordBatchHeader, reader: RecordReader): DecodedRecord {
  const end = recordEnd(reader)
  reader.byte()
  const timestampDelta = reader.varint()
  const offset = header.baseOffset + reader.varint()
  const key = reader.nullableBytes()
  const value = reader.nullableBytes()
  const headers = readHeaders(reader)
  expectEnd(reader, end)
  const timestampMs =
    header.timestampType === 'log-append' ? header.maxTimestampMs : header.baseTimestampMs + timestampDelta
  return { offset, timestampMs, key, value, headers }
}

/** Moves over one record, checking its form. @returns its offset delta */
export function skipRecord(reader: RecordReader): number {
  const end = recordEnd(reader)
  reader.byte()
  reader.varint()
  const offsetDelta = reader.varint()
  reader.skipNullableBytes()
  reader.skipNullableBytes()
  for (let left = headerCount(reader); left > 0; left--) {
    reader.skip(reader.varint())
    reader.skipNullableBytes()
  }
  expectEnd(reader, end)
  return offsetDelta
}

function recordEnd(reader: RecordReader): number {
  const length = reader.varint()
  if (length < 0 || length > reader.left) throw new CorruptRecordBatch('bad-records', 'a record exceeds its batch')
  return reader.at + length
}

function expectEnd(reader: RecordReader, end: number): void {
  if (reader.at !== end) throw new CorruptRecordBatch('bad-records', 'the fields of a record do not fill it')
}

/** An uncompressed record with neither key nor value nor headers: seven one-byte fields. */
const recordBytesMin = 7
/** Its two lengths. */
const headerBytesMin = 2

/** How many records there are to be read, as the header says, when that can be. */
export const expectRecords = (reader: RecordReader, { recordCount }: RecordBatchHeader): number =>
  reader.elements(recordCount, recordBytesMin)

const headerCount = (reader: RecordReader): number => reader.elements(reader.varint(), headerBytesMin)

const noHeaders: readonly RecordHeader[] = []

function readHeaders(reader: RecordReader): readonly RecordHeader[] {
  const count = headerCount(reader)
  if (count === 0) return noHeaders
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const name = reader.take(reader.varint())
    headers.push({
      name: Buffer.from(name.buffer, name.byteOffset, name.length).toString(),
      value: reader.nullableBytes(),
    })
  }
  return headers
}
