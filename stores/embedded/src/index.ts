export { ProcessCache, type ProcessCacheOptions } from './cache/process-cache.ts'
export { DiskHealth, type DiskHealthOptions } from './disk-health/disk-health.ts'
export { defaultDiskLimits, type DiskLimits } from './disk-health/disk-limits.ts'
export {
  type DiskChange,
  type DiskOperation,
  type DiskReport,
  type DiskState,
  diskStates,
} from './disk-health/disk-report.ts'
export type { Space } from './disk-health/disk-space.ts'
export { watchedFiles } from './disk-health/watched-files.ts'
export type { Disk } from './blobs/disk.ts'
export { FileBlobs, type FileBlobsOptions } from './blobs/file-blobs.ts'
export { LmdbTables, type LmdbTablesOptions } from './tables/lmdb-tables.ts'
export { TablesQueue, type TablesQueueOptions } from './queue/tables-queue.ts'
export type { SegmentLogLimits } from './log/engine.ts'
export type { ScrubReport } from './log/tiers/scrub.ts'
export { defaultTiering, type TieringSettings } from './log/tiers/tiering-settings.ts'
export { SegmentLog, type SegmentLogOptions } from './log/segment-log.ts'
export { type EmbeddedStores, type EmbeddedStoresOptions, openEmbeddedStores } from './open-embedded-stores.ts'
