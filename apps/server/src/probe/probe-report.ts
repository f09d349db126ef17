import type { ProbeCause, ProbeStage } from './probe-failure.ts'
import type { ProbeTimes } from './probe-round.ts'

/** `starting`: no round has ended yet. `failing`: several rounds in a row have failed. */
export const probeStates = ['starting', 'ok', 'failing'] as const
export type ProbeState = (typeof probeStates)[number]

export interface ProbeChange {
  readonly from: ProbeState
  readonly to: ProbeState
  /** In words. */
  readonly reason: string
  /** Wall time, milliseconds since the Unix epoch. */
  readonly atMs: number
}

export interface FailedRound {
  readonly stage: ProbeStage
  readonly reason: ProbeCause
  readonly message: string
  /** Wall time. */
  readonly atMs: number
}

export interface ProbeReport {
  readonly state: ProbeState
  /** Why it fails, in words; empty when it doesn't. */
  readonly reason: string
  /** Since when, wall time. */
  readonly sinceMs: number
  readonly rounds: number
  readonly failures: number
  /** Of the last round that was well. */
  readonly times: (ProbeTimes & { readonly atMs: number }) | undefined
  readonly lastFailure: FailedRound | undefined
  /** The last ones, the newest first. */
  readonly changes: readonly ProbeChange[]
}
