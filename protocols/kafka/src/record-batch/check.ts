import { crc32c } from '@node-rs/crc32'
import { codecs } from './compression.ts'
import {
  attributeBits,
  crcCoversFrom,
  readRecordBatchHeader,
  type RecordBatchHeader,
  recordBatchBytes,
  recordBatchHeaderBytes,
} from './header.ts'
import type { RecordBatchProblem } from './problem.ts'

export type CheckResult =
  | { readonly ok: true; readonly header: RecordBatchHeader }
  | { readonly ok: false; readonly problem: RecordBatchProblem }

/** An uncompressed record with neither key nor value nor headers: seven one-byte fields. */
const recordBytesMin = 7

const bad = (problem: RecordBatchProblem): CheckResult => ({ ok: false, problem })

/**
 * Whether `batch` is one whole record batch that a producer may send: as a broker checks it, without looking into the
 * records and without decompressing.
 * @param bytesMax the largest batch allowed, in bytes
 */
export function checkRecordBatch(batch: Uint8Array, { bytesMax = Infinity }: { bytesMax?: number } = {}): CheckResult {
  if (batch.length > bytesMax) return bad('too-large')
  if (batch.length < 17) return bad('truncated')
  if (batch[16] !== 2) return bad('unsupported-magic')
  if (batch.length < recordBatchHeaderBytes) return bad('truncated')
  if (recordBatchBytes(batch) !== batch.length) return bad('bad-length')
  const header = readRecordBatchHeader(batch)
  if (crc32c(batch.subarray(crcCoversFrom)) !== header.crc) return bad('bad-checksum')
  const problem = headerProblem(header)
  return problem ? bad(problem) : { ok: true, header }
}

function headerProblem(header: RecordBatchHeader): RecordBatchProblem | undefined {
  const { attributes, recordCount, lastOffsetDelta } = header
  const codec = attributes & attributeBits.codec
  if (codec >= codecs.length) return 'unsupported-codec'
  if (attributes & attributeBits.control) return 'control-batch'
  if (recordCount < 1 || lastOffsetDelta !== recordCount - 1) return 'bad-count'
  if (codec === 0 && recordCount * recordBytesMin > header.bytes - recordBatchHeaderBytes) return 'bad-count'
  if (!Number.isSafeInteger(header.baseTimestampMs) || !Number.isSafeInteger(header.maxTimestampMs)) {
    return 'bad-timestamps'
  }
  return hasSaneProducer(header) ? undefined : 'bad-producer'
}

function hasSaneProducer({ producerId, producerEpoch, baseSequence, attributes }: RecordBatchHeader): boolean {
  if (producerId === -1) return (attributes & attributeBits.transactional) === 0
  return Number.isSafeInteger(producerId) && producerId >= 0 && producerEpoch >= 0 && baseSequence >= 0
}
