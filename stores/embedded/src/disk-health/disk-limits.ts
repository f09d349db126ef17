export interface DiskLimits {
  /** The disk is slow when one sync in ten takes this long or longer, for `slowAfterMs`. */
  readonly syncSlowMs: number
  readonly slowAfterMs: number
  /** The disk is stuck when an operation has been under way for this long. */
  readonly stuckMs: number
  /** It is well again after being so for this long, by half of the limits. */
  readonly calmMs: number
  /** How often all this is looked at. */
  readonly everyMs: number
  /** How often a disk that isn't well is tried, whether anybody uses it or not. */
  readonly checkEveryMs: number
}

export const defaultDiskLimits: DiskLimits = {
  syncSlowMs: 200,
  slowAfterMs: 10_000,
  stuckMs: 5_000,
  calmMs: 10_000,
  everyMs: 500,
  checkEveryMs: 2_000,
}
