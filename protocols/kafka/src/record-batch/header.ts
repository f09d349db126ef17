import { crc32c } from '@node-rs/crc32'
import { type Codec, codecs } from './codec.ts'
import { int16At, int32At, int64At, putInt16, putInt32, putInt64, uint32At } from './integers.ts'

/**
 * The header of a record batch with magic 2. See https://kafka.apache.org/documentation/#recordbatch.
 *
 * | at | field                | type  | |
 * |---:|----------------------|-------|-|
 * |  0 | baseOffset           | int64 | patched by the log |
 * |  8 | batchLength          | int32 | bytes after this field |
 * | 12 | partitionLeaderEpoch | int32 | patched by the log |
 * | 16 | magic                | int8  | 2 |
 * | 17 | crc                  | uint32| CRC32C of all that follows it |
 * | 21 | attributes           | int16 | codec 0–2, log append time 3, transactional 4, control 5, delete horizon 6 |
 * | 23 | lastOffsetDelta      | int32 | |
 * | 27 | baseTimestamp        | int64 | |
 * | 35 | maxTimestamp         | int64 | |
 * | 43 | producerId           | int64 | -1: none |
 * | 51 | producerEpoch        | int16 | |
 * | 53 | baseSequence         | int32 | |
 * | 57 | recordCount          | int32 | |
 * | 61 | records              |       | |
 */
export interface RecordBatchHeader {
  readonly baseOffset: number
  /** Bytes of the whole batch, the first twelve included. */
  readonly bytes: number
  readonly partitionLeaderEpoch: number
  readonly magic: number
  readonly crc: number
  readonly attributes: number
  /** Undefined: a number that no codec has. */
  readonly codec: Codec | undefined
  /** Whose clock the records' timestamps are of: the producer's, or the log's, which is `maxTimestampMs` for all. */
  readonly timestampType: 'create' | 'log-append'
  readonly isTransactional: boolean
  /** Its record is a mark of the log, such as a transaction's end, and not for readers. */
  readonly isControl: boolean
  /** `baseTimestampMs` is when its tombstones may go (KIP-534). */
  readonly hasDeleteHorizon: boolean
  readonly lastOffsetDelta: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

export const recordBatchHeaderBytes = 61
/** `baseOffset` and `batchLength`: what must be read to know where a batch ends. */
export const recordBatchPrefixBytes = 12
/** The CRC covers everything from here. */
export const crcCoversFrom = 21

export const attributeBits = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const

/** Reads the header of the batch at `at`. The caller makes sure that `recordBatchHeaderBytes` are there. */
export function readRecordBatchHeader(bytes: Uint8Array, at = 0): RecordBatchHeader {
  const attributes = int16At(bytes, at + 21)
  return {
    baseOffset: int64At(bytes, at),
    bytes: recordBatchBytes(bytes, at),
    partitionLeaderEpoch: int32At(bytes, at + 12),
    magic: (bytes[at + 16]! << 24) >> 24,
    crc: uint32At(bytes, at + 17),
    attributes,
    codec: codecs[attributes & attributeBits.codec],
    timestampType: attributes & attributeBits.logAppendTime ? 'log-append' : 'create',
    isTransactional: (attributes & attributeBits.transactional) !== 0,
    isControl: (attributes & attributeBits.control) !== 0,
    hasDeleteHorizon: (attributes & attributeBits.deleteHorizon) !== 0,
    lastOffsetDelta: lastOffsetDelta(bytes, at),
    baseTimestampMs: int64At(bytes, at + 27),
    maxTimestampMs: maxTimestampMs(bytes, at),
    producerId: int64At(bytes, at + 43),
    producerEpoch: int16At(bytes, at + 51),
    baseSequence: int32At(bytes, at + 53),
    recordCount: int32At(bytes, at + 57),
  }
}

// The four fields that a log needs of every batch, without an object each time.

export const baseOffset = (bytes: Uint8Array, at = 0): number => int64At(bytes, at)
/** Bytes of the whole batch at `at`, as declared. */
export const recordBatchBytes = (bytes: Uint8Array, at = 0): number => int32At(bytes, at + 8) + recordBatchPrefixBytes
export const lastOffsetDelta = (bytes: Uint8Array, at = 0): number => int32At(bytes, at + 23)
export const maxTimestampMs = (bytes: Uint8Array, at = 0): number => int64At(bytes, at + 35)

// The two fields that a log patches; the CRC covers neither.

export const setBaseOffset = (bytes: Uint8Array, offset: number, at = 0): void => putInt64(bytes, at, offset)
export const setPartitionLeaderEpoch = (bytes: Uint8Array, epoch: number, at = 0): void =>
  putInt32(bytes, at + 12, epoch)

/** Gives all records of a batch the log's own time, in place. It is under the CRC, which is made anew. */
export function setLogAppendTime(batch: Uint8Array, timestampMs: number): void {
  putInt16(batch, 21, int16At(batch, 21) | attributeBits.logAppendTime)
  putInt64(batch, 35, timestampMs)
  sealRecordBatch(batch)
}

/** What a header says, without what follows from the batch's bytes. */
export type RecordBatchFields = Pick<
  RecordBatchHeader,
  | 'baseOffset'
  | 'partitionLeaderEpoch'
  | 'attributes'
  | 'lastOffsetDelta'
  | 'baseTimestampMs'
  | 'maxTimestampMs'
  | 'producerId'
  | 'producerEpoch'
  | 'baseSequence'
  | 'recordCount'
>

/** Writes the header of a batch whose records already stand behind it: its length and CRC are those of the bytes. */
export function putRecordBatchHeader(batch: Uint8Array, fields: RecordBatchFields): void {
  putInt64(batch, 0, fields.baseOffset)
  putInt32(batch, 8, batch.length - recordBatchPrefixBytes)
  putInt32(batch, 12, fields.partitionLeaderEpoch)
  batch[16] = 2
  putInt16(batch, 21, fields.attributes)
  putInt32(batch, 23, fields.lastOffsetDelta)
  putInt64(batch, 27, fields.baseTimestampMs)
  putInt64(batch, 35, fields.maxTimestampMs)
  putInt64(batch, 43, fields.producerId)
  putInt16(batch, 51, fields.producerEpoch)
  putInt32(batch, 53, fields.baseSequence)
  putInt32(batch, 57, fields.recordCount)
  sealRecordBatch(batch)
}

const sealRecordBatch = (batch: Uint8Array): void => putInt32(batch, 17, crc32c(batch.subarray(crcCoversFrom)))
