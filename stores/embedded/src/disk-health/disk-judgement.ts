import { Alarm } from './alarm.ts'
import { meaningOf } from './disk-errors.ts'
import type { DiskLimits } from './disk-limits.ts'
import type { DiskFailure } from './disk-operations.ts'
import type { DiskOperation, DiskState } from './disk-report.ts'

export interface DiskSigns {
  /** The operation that has been under way for longest. */
  readonly oldest: { readonly operation: DiskOperation; readonly waitMs: number } | undefined
  /** What nine in ten of the syncs lately stayed within. */
  readonly syncMs: number
  /** The last failure, and whether it came since the last look. */
  readonly failure: DiskFailure | undefined
  readonly failedLately: boolean
  /** Whether anything was made durable since the last failure. */
  readonly workedSince: boolean
}

export interface DiskVerdict {
  readonly state: DiskState
  readonly reason: string
}

/** From signs to a state, each with its own patience: quick to see what is bad, slow to believe that it is over. */
export class DiskJudgement {
  readonly #limits: DiskLimits
  readonly #slow: Alarm
  readonly #stuck: Alarm
  readonly #failing: Alarm
  #why: { slow: string; stuck: string; failing: string } = { slow: '', stuck: '', failing: '' }

  constructor(limits: DiskLimits) {
    this.#limits = limits
    const { calmMs } = limits
    this.#slow = new Alarm({ raiseAfterMs: limits.slowAfterMs, calmMs })
    this.#stuck = new Alarm({ raiseAfterMs: 0, calmMs })
    this.#failing = new Alarm({ raiseAfterMs: 0, calmMs })
  }

  of(nowMs: number, signs: DiskSigns): DiskVerdict {
    const slow = this.#isSlow(nowMs, signs)
    const failing = this.#isFailing(nowMs, signs)
    const stuck = this.#isStuck(nowMs, signs)
    const state = stuck ? 'stuck' : failing ? 'failing' : slow ? 'slow' : 'healthy'
    return { state, reason: state === 'healthy' ? '' : this.#why[state] }
  }

  #isSlow(nowMs: number, { syncMs }: DiskSigns): boolean {
    const { syncSlowMs } = this.#limits
    const over = syncMs >= syncSlowMs
    if (over) this.#why.slow = `one sync in ten takes ${rounded(syncMs)} ms or longer`
    return this.#slow.update(nowMs, { over, calm: syncMs < syncSlowMs / 2 })
  }

  #isFailing(nowMs: number, { failure, failedLately, workedSince }: DiskSigns): boolean {
    if (failedLately && failure) this.#why.failing = `${meaningOf(failure.code)}, during ${nameOf[failure.operation]}`
    return this.#failing.update(nowMs, { over: failedLately, calm: !failedLately && workedSince })
  }

  #isStuck(nowMs: number, { oldest }: DiskSigns): boolean {
    const { stuckMs } = this.#limits
    const waitMs = oldest?.waitMs ?? 0
    const over = waitMs >= stuckMs
    if (oldest && over) this.#why.stuck = `${nameOf[oldest.operation]} has been under way for ${rounded(waitMs)} ms`
    return this.#stuck.update(nowMs, { over, calm: waitMs < stuckMs / 2 })
  }
}

const nameOf: { readonly [operation in DiskOperation]: string } = {
  read: 'a read',
  write: 'a write',
  sync: 'a sync',
  name: 'opening or naming a file',
  remove: 'a removal',
  object: 'the writing of an object',
}

const rounded = (ms: number): number => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms))
