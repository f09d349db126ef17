/** How a tenant's sealed segments go to the blob store. Windows are of a tenant: partitions share its segments. */
export interface TieringSettings {
  /** Whether segments are copied, and leave. What is in the blob store is read in any case. */
  readonly enabled: boolean
  /** A sealed segment is copied after so long. */
  readonly copyAfterMs: number
  /** It leaves the local disk so long after it was copied. */
  readonly localMs: number
  /**
   * Of sealed segments that a tenant keeps on the local disk. Beyond it the oldest are copied, and leave, at once; as long
   * as they can't be copied they stay.
   */
  readonly localBytes: number
  /** How fast it is copied, and read back. Faster when more than `localBytes` are there, by as many times as it is. */
  readonly copyBytesPerSecond: number
  /** Of objects' blocks in memory, over all tenants. */
  readonly readCacheBytes: number
  /** What one operation on the blob store may take, before it counts as failed. */
  readonly operationMs: number
  /** Between attempts after a failure: doubled each time, up to the second. */
  readonly retryMs: number
  readonly retryMsMax: number
  /** Between two passes of the scrubber over all tenants, and how much of them it reads in a second. */
  readonly scrubEveryMs: number
  readonly scrubBytesPerSecond: number
}

/**
 * For a blob store on the same disk, where a copy only costs: nothing is copied before long, nor before there is much of it.
 * A store elsewhere is worth copying to at once.
 */
export const defaultTiering: TieringSettings = {
  enabled: true,
  copyAfterMs: 1_800_000,
  localMs: 1_800_000,
  localBytes: 8 * 1024 * 1024 * 1024,
  copyBytesPerSecond: 64 * 1024 * 1024,
  readCacheBytes: 32 * 1024 * 1024,
  operationMs: 300_000,
  retryMs: 1000,
  retryMsMax: 60_000,
  scrubEveryMs: 24 * 3_600_000,
  scrubBytesPerSecond: 16 * 1024 * 1024,
}
