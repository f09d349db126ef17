import { RateMeter } from './rate-meter.ts'

/** For how long clients were made to wait, and how often. */
export class ThrottledTime {
  readonly #lately = new RateMeter({ samples: 13, sampleMs: 5_000 })
  #ms = 0
  #times = 0

  record(ms: number, nowMs: number): void {
    this.#ms += ms
    this.#times++
    this.#lately.record(ms, nowMs)
  }

  /** Since it was made. */
  get ms(): number {
    return this.#ms
  }

  get times(): number {
    return this.#times
  }

  /** In about the last minute. */
  lastMinuteMs(nowMs: number): number {
    return Math.round((this.#lately.perSecond(nowMs) * this.#lately.windowMs(nowMs)) / 1_000)
  }
}
