export { type BlobInfo, blobLimits, type Blobs, type TenantBlobs } from './blobs.ts'
export { type Cache, type CacheKey, cacheLimits, type SortedMember, type TenantCache } from './cache.ts'
export { type Faults, noFaults } from './faults.ts'
export {
  type AppendResult,
  type CommittedOffset,
  type Log,
  logLimits,
  type NewTopic,
  type Partition,
  type PartitionBounds,
  type ReadOptions,
  type ReadResult,
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
