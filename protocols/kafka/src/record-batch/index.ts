export { checkRecordBatch, type CheckResult } from './check.ts'
export { type Codec, codecs } from './compression.ts'
export { decodeRecordBatch, type DecodedRecord, type DecodedRecordBatch } from './decode.ts'
export { encodeRecordBatch, type NewRecord, type NewRecordBatch, type RecordHeader } from './encode.ts'
export {
  attributeBits,
  baseOffset,
  lastOffsetDelta,
  maxTimestampMs,
  readRecordBatchHeader,
  recordBatchBytes,
  type RecordBatchHeader,
  recordBatchHeaderBytes,
  recordBatchPrefixBytes,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from './header.ts'
export { CorruptRecordBatch, type RecordBatchProblem } from './problem.ts'
export { splitRecordBatches, type SplitResult } from './split.ts'
