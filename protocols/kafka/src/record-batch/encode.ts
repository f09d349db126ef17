import { crc32c } from '@node-rs/crc32'
import { invariant } from '@koine/base'
import { crcCoversFrom, recordBatchHeaderBytes, recordBatchPrefixBytes } from './header.ts'
import { putInt16, putInt32, putInt64 } from './integers.ts'
import { putVarint, varintBytes } from './varint.ts'

export interface RecordHeader {
  readonly name: string
  readonly value: Uint8Array | null
}

export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
  readonly timestampMs: number
}

export interface NewRecordBatch {
  /** At least one. */
  readonly records: readonly NewRecord[]
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
}

/** Encodes an uncompressed batch in one allocation. */
export function encodeRecordBatch(batch: NewRecordBatch): Uint8Array {
  const { records } = batch
  invariant(records.length > 0, 'A record batch holds at least one record.')
  const baseTimestampMs = records[0]!.timestampMs
  const sized = records.map((record, index) => sizeRecord(record, index, baseTimestampMs))
  const bytes = Buffer.allocUnsafe(sized.reduce((sum, { total }) => sum + total, recordBatchHeaderBytes))
  let at = recordBatchHeaderBytes
  for (const record of sized) at = putRecord(bytes, at, record)
  invariant(at === bytes.length, 'A record batch was sized wrongly.')
  putHeader(bytes, batch, baseTimestampMs)
  return bytes
}

function putHeader(bytes: Uint8Array, batch: NewRecordBatch, baseTimestampMs: number): void {
  const count = batch.records.length
  putInt64(bytes, 0, batch.baseOffset ?? 0)
  putInt32(bytes, 8, bytes.length - recordBatchPrefixBytes)
  putInt32(bytes, 12, batch.partitionLeaderEpoch ?? -1)
  bytes[16] = 2
  putInt16(bytes, 21, 0)
  putInt32(bytes, 23, count - 1)
  putInt64(bytes, 27, baseTimestampMs)
  putInt64(
    bytes,
    35,
    batch.records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), baseTimestampMs),
  )
  putInt64(bytes, 43, batch.producerId ?? -1)
  putInt16(bytes, 51, batch.producerEpoch ?? -1)
  putInt32(bytes, 53, batch.baseSequence ?? -1)
  putInt32(bytes, 57, count)
  putInt32(bytes, 17, crc32c(bytes.subarray(crcCoversFrom)))
}

interface SizedRecord {
  readonly record: NewRecord
  readonly headerNames: readonly Buffer[]
  readonly timestampDelta: number
  readonly offsetDelta: number
  /** What the record's own length field says. */
  readonly length: number
  /** With that field. */
  readonly total: number
}

function sizeRecord(record: NewRecord, offsetDelta: number, baseTimestampMs: number): SizedRecord {
  const headers = record.headers ?? []
  const headerNames = headers.map(({ name }) => Buffer.from(name))
  const timestampDelta = record.timestampMs - baseTimestampMs
  let length = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta)
  length += nullableSize(record.key) + nullableSize(record.value) + varintBytes(headers.length)
  for (const [index, { value }] of headers.entries()) {
    length += nullableSize(headerNames[index]!) + nullableSize(value)
  }
  return { record, headerNames, timestampDelta, offsetDelta, length, total: varintBytes(length) + length }
}

const nullableSize = (bytes: Uint8Array | null): number =>
  bytes === null ? 1 : varintBytes(bytes.length) + bytes.length

function putRecord(bytes: Uint8Array, start: number, sized: SizedRecord): number {
  const { record, headerNames } = sized
  const headers = record.headers ?? []
  let at = putVarint(bytes, start, sized.length)
  bytes[at++] = 0
  at = putVarint(bytes, at, sized.timestampDelta)
  at = putVarint(bytes, at, sized.offsetDelta)
  at = putNullable(bytes, at, record.key)
  at = putNullable(bytes, at, record.value)
  at = putVarint(bytes, at, headers.length)
  for (const [index, { value }] of headers.entries()) {
    at = putNullable(bytes, at, headerNames[index]!)
    at = putNullable(bytes, at, value)
  }
  return at
}

function putNullable(bytes: Uint8Array, at: number, value: Uint8Array | null): number {
  if (value === null) return putVarint(bytes, at, -1)
  const start = putVarint(bytes, at, value.length)
  bytes.set(value, start)
  return start + value.length
}
