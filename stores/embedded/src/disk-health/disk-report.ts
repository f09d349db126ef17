import type { DiskErrorCode } from './disk-errors.ts'

/**
 * `slow`: works, and takes too long. `failing`: writing fails with an error of the disk. `stuck`: an operation doesn't
 * come back. The later in this list, the worse; the worst that holds is told.
 */
export const diskStates = ['healthy', 'slow', 'failing', 'stuck'] as const
export type DiskState = (typeof diskStates)[number]

/**
 * `name`: opening, renaming, making directories durable.
 * `remove`: of a directory with all that is in it; `object`: a step of writing a whole object. These two may take long by
 * right.
 */
export const diskOperations = ['read', 'write', 'sync', 'name', 'remove', 'object'] as const
export type DiskOperation = (typeof diskOperations)[number]

export interface DiskChange {
  readonly from: DiskState
  readonly to: DiskState
  /** In words, with the figures. */
  readonly reason: string
  /** Wall time, milliseconds since the Unix epoch. */
  readonly atMs: number
}

export interface DiskReport {
  readonly state: DiskState
  /** In words; empty when healthy. */
  readonly reason: string
  /** Since when, wall time. */
  readonly sinceMs: number
  /** Nine in ten of the last seconds' operations stayed within it; 0 when there were none. */
  readonly recentMs: { readonly [operation in DiskOperation]: number }
  readonly oldestWaitMs: number
  /** Since the start. */
  readonly errors: { readonly [code in DiskErrorCode]?: number }
  /** The last ones, the newest first. */
  readonly changes: readonly DiskChange[]
}
