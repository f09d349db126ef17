export { BlobSigner, type BlobSignerOptions, type SignedRequest } from './blob-signer.ts'
export {
  checkBlobKey,
  checkBlobRange,
  checkContentType,
  checkListLimit,
  decodeBlobCursor,
  encodeBlobCursor,
} from './blob-validation.ts'
export { type BlobInfo, blobLimits, type Blobs, type TenantBlobs } from './blobs.ts'
export { compareBytewise } from './bytewise.ts'
export { type Cache, type CacheKey, cacheLimits, type SortedMember, type TenantCache } from './cache.ts'
export { type Faults, noFaults } from './faults.ts'
export {
  type AppendOptions,
  type AppendResult,
  type CommittedOffset,
  type DeleteRecordsResult,
  type Durability,
  type Log,
  logLimits,
  type LogUsage,
  type NewTopic,
  type Partition,
  type PartitionBounds,
  type ReadOptions,
  type ReadResult,
  type RewriteOptions,
  type RewriteResult,
  type TenantLog,
  type Topic,
} from './log.ts'
export {
  type DeadJob,
  type Job,
  type JobHandler,
  type NewJob,
  type Queue,
  queueLimits,
  type TenantQueue,
  type WorkOptions,
} from './queue.ts'
export { backoffMs, dueAtMsOf, dueBefore, errorText, JobPlaces, lostText } from './queue-scheduling.ts'
export { checkDeadLetterLimit, checkNewJob, checkQueueName } from './queue-validation.ts'
export type { Claim, ClaimedJob, JobSource, QueueWorker } from './queue-worker.ts'
export { QueueWorkers } from './queue-workers.ts'
export { scopeTo, type Stores, type TenantScope } from './scope.ts'
export {
  type Attributes,
  type AttributeValue,
  type Condition,
  type Operation,
  type Outbox,
  type OutboxEvent,
  type PendingEvent,
  type Query,
  type QueryPage,
  type RecordKey,
  tableLimits,
  type TableRecord,
  type Tables,
  type TenantTables,
  type WriteBatch,
  type WriteResult,
} from './tables.ts'
export { decodeCursor, encodeCursor } from './table-cursor.ts'
export { keyOf, keyText } from './table-keys.ts'
export { recordBytes } from './table-sizes.ts'
export { applyOperation, conditionHolds, type RecordState, unexpired } from './table-operations.ts'
export {
  checkBatch,
  type CheckedBatch,
  checkKey,
  checkKeys,
  checkPendingLimit,
  checkQuery,
  checkRecordBytes,
} from './table-validation.ts'
export { AppendListeners, partitionKey } from './append-listeners.ts'
export {
  EventLog,
  type EventAppendResult,
  type EventRecord,
  type RecordHandler,
  type RecordPage,
  type StoredRecord,
  type SubscribedRecord,
} from './event-log.ts'
export type { Progress } from './event-subscription.ts'
export {
  checkAppend,
  checkBefore,
  checkCommit,
  checkGroup,
  checkNewTopic,
  checkPartitionCount,
  checkRead,
  checkReplacement,
  checkSettings,
  isTopicName,
} from './log-validation.ts'
export { murmur2, partitionOfKey } from './murmur2.ts'
export { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts'
