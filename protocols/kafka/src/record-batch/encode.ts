import { invariant } from '@koine/base'
import { type Codec, codecs } from './codec.ts'
import { compressRecords } from './compression.ts'
import { attributeBits, putRecordBatchHeader, type RecordBatchFields, recordBatchHeaderBytes } from './header.ts'
import type { RecordHeader } from './record.ts'
import { putVarint, varintBytes } from './varint.ts'

export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
  readonly timestampMs: number
}

export interface NewRecordBatch {
  /** At least one. */
  readonly records: readonly NewRecord[]
  /** `none` unless told. */
  readonly codec?: Codec
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
}

/** Encodes a batch: an uncompressed one in one allocation. */
export function encodeRecordBatch(batch: NewRecordBatch): Uint8Array {
  const { codec = 'none', isTransactional = false } = batch
  return encodeWith(codecs.indexOf(codec) | (isTransactional ? attributeBits.transactional : 0), batch)
}

/** Encodes a batch with any attributes, those of the log's own marks included. */
export function encodeWith(attributes: number, batch: NewRecordBatch): Uint8Array {
  const fields = fieldsOf(attributes, batch)
  const bytes = encodeRecords(batch.records)
  if (attributes & attributeBits.codec) return assembleRecordBatch(fields, bytes.subarray(recordBatchHeaderBytes))
  putRecordBatchHeader(bytes, fields)
  return bytes
}

/** Puts a header ahead of records, which are compressed as its attributes say. */
export function assembleRecordBatch(fields: RecordBatchFields, records: Uint8Array): Uint8Array {
  const body = compressRecords(codecs[fields.attributes & attributeBits.codec]!, records)
  const bytes = Buffer.allocUnsafe(recordBatchHeaderBytes + body.length)
  bytes.set(body, recordBatchHeaderBytes)
  putRecordBatchHeader(bytes, fields)
  return bytes
}

function fieldsOf(attributes: number, { records, ...batch }: NewRecordBatch): RecordBatchFields {
  const baseTimestampMs = records[0]!.timestampMs
  return {
    baseOffset: batch.baseOffset ?? 0,
    partitionLeaderEpoch: batch.partitionLeaderEpoch ?? -1,
    attributes,
    lastOffsetDelta: records.length - 1,
    baseTimestampMs,
    maxTimestampMs: records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), baseTimestampMs),
    producerId: batch.producerId ?? -1,
    producerEpoch: batch.producerEpoch ?? -1,
    baseSequence: batch.baseSequence ?? -1,
    recordCount: records.length,
  }
}

/** The records, with room for a header ahead of them. */
function encodeRecords(records: readonly NewRecord[]): Buffer {
  invariant(records.length > 0, 'A record batch holds at least one record.')
  const baseTimestampMs = records[0]!.timestampMs
  const sized = records.map((record, index) => sizeRecord(record, index, baseTimestampMs))
  const bytes = Buffer.allocUnsafe(sized.reduce((sum, { total }) => sum + total, recordBatchHeaderBytes))
  let at = recordBatchHeaderBytes
  for (const record of sized) at = putRecord(bytes, at, record)
  invariant(at === bytes.length, 'A record batch was sized wrongly.')
  return bytes
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
