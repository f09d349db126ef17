import { crc32c } from '@node-rs/crc32'
import {
  crcCoversFrom,
  readRecordBatchHeader,
  type RecordBatchHeader,
  recordBatchBytes,
  recordBatchHeaderBytes,
} from './header.ts'
import { recordBatchLimits } from './limits.ts'
import { CorruptRecordBatch, type RecordBatchProblem } from './problem.ts'
import { expectRecords, skipRecord } from './record.ts'
import { RecordReader } from './varint.ts'

export type CheckResult =
  | { readonly ok: true; readonly header: RecordBatchHeader }
  | { readonly ok: false; readonly problem: RecordBatchProblem }

const bad = (problem: RecordBatchProblem): CheckResult => ({ ok: false, problem })

/**
 * Whether `batch` is one whole record batch that a producer may send: as a broker checks it, but for records that are
 * compressed, which are taken as they are.
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
  const problem = headerProblem(header) ?? recordsProblem(header, batch)
  return problem ? bad(problem) : { ok: true, header }
}

function headerProblem(header: RecordBatchHeader): RecordBatchProblem | undefined {
  const { codec, recordCount, lastOffsetDelta } = header
  if (!codec) return 'unsupported-codec'
  if (header.isControl) return 'control-batch'
  if (recordCount < 1 || lastOffsetDelta !== recordCount - 1) return 'bad-count'
  if (header.hasDeleteHorizon || header.timestampType === 'log-append') return 'bad-timestamps'
  if (!Number.isSafeInteger(header.baseTimestampMs) || !Number.isSafeInteger(header.maxTimestampMs)) {
    return 'bad-timestamps'
  }
  return hasSaneProducer(header) ? undefined : 'bad-producer'
}

function hasSaneProducer({ producerId, producerEpoch, baseSequence, isTransactional }: RecordBatchHeader): boolean {
  if (producerId === -1) return !isTransactional
  return Number.isSafeInteger(producerId) && producerId >= 0 && producerEpoch >= 0 && baseSequence >= 0
}

/** Uncompressed records must be as many as declared, whole, and count their offsets up from 0. Of others the count is known. */
function recordsProblem(header: RecordBatchHeader, batch: Uint8Array): RecordBatchProblem | undefined {
  if (header.codec !== 'none') return header.recordCount > recordBatchLimits.elements ? 'too-large' : undefined
  const reader = new RecordReader(batch, recordBatchHeaderBytes)
  try {
    const count = expectRecords(reader, header)
    for (let i = 0; i < count; i++) {
      if (skipRecord(reader) !== i) return 'bad-records'
    }
  } catch (thrown) {
    if (thrown instanceof CorruptRecordBatch) return thrown.problem === 'truncated' ? 'bad-records' : thrown.problem
    throw thrown
  }
  return reader.left === 0 ? undefined : 'bad-records'
}
