import type { Clock, Logger } from '@koine/base'
import type { IndexCache } from './index-cache.ts'
import type { LogFiles } from './log-files.ts'
import type { OpenFiles } from './open-files.ts'
import type { TailCache } from './tail-cache.ts'
import type { TenantTier } from './tiers/tenant-tier.ts'

export interface SegmentLogLimits {
  /** A segment is sealed when it is this large or holds this many frames, whichever comes first. */
  readonly segmentBytes: number
  readonly segmentFrames: number
  /** Of one group commit: what is larger goes on in the next. */
  readonly groupBytes: number
  /** Of one tenant's appends that wait for the disk; more are refused as `overloaded`. */
  readonly waitingBytes: number
  /**
   * What a tenant's log has written and not synced because nobody asked for it, and what all have: when it is this much, or
   * the oldest of it this old, it is synced. It is held in memory until then: at four times as much of one, or twice as much
   * of all, the next writes wait for the sync.
   */
  readonly unsyncedBytes: number
  readonly unsyncedBytesOfAll: number
  readonly unsyncedMs: number
  /** Over all tenants. */
  readonly tailCacheBytes: number
  readonly indexCacheBytes: number
  readonly openFiles: number
  /** Tenants whose topics and active index are in memory; those unused for longest are closed. */
  readonly openTenants: number
}

export const defaultLimits: SegmentLogLimits = {
  segmentBytes: 64 * 1024 * 1024,
  segmentFrames: 256 * 1024,
  groupBytes: 8 * 1024 * 1024,
  waitingBytes: 256 * 1024 * 1024,
  unsyncedBytes: 16 * 1024 * 1024,
  unsyncedBytesOfAll: 64 * 1024 * 1024,
  unsyncedMs: 1000,
  tailCacheBytes: 64 * 1024 * 1024,
  indexCacheBytes: 32 * 1024 * 1024,
  openFiles: 512,
  openTenants: 256,
}

/** What all tenants of one log share. */
export interface Engine {
  readonly files: LogFiles
  readonly openFiles: OpenFiles
  readonly tailCache: TailCache
  readonly indexCache: IndexCache
  /** Written and not synced, over all tenants. */
  readonly unsynced: { bytes: number }
  readonly clock: Pick<Clock, 'after'>
  readonly limits: SegmentLogLimits
  readonly logger: Logger
  /** Of one tenant, where its log is open: what it has in the blob store. Undefined where there is no blob store. */
  readonly tier?: TenantTier | undefined
}
