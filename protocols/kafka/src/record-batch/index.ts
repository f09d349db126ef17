export { checkRecordBatch, type CheckResult } from './check.ts'
export { type Codec, codecs } from './codec.ts'
export { encodeEndMarker, type EndMarker, type NewEndMarker, readControlBatch, readEndMarker } from './end-marker.ts'
export { decodeRecordBatch, type DecodedRecordBatch, type DecodeOptions } from './decode.ts'
export { encodeRecordBatch, type NewRecord, type NewRecordBatch } from './encode.ts'
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
  setLogAppendTime,
  setPartitionLeaderEpoch,
} from './header.ts'
export { CorruptRecordBatch, type RecordBatchProblem } from './problem.ts'
export { rebuildRecordBatch, type RebuildOptions } from './rebuild.ts'
export { type DecodedRecord, type RecordHeader } from './record.ts'
export { splitRecordBatches, type SplitResult } from './split.ts'
