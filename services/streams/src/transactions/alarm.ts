import type { Clock, Timer } from '@koine/base'

/** Wall time may jump, which no timer sees: look again at least this often. */
const longestMs = 10_000

/** One timer for the earliest of many times. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: Timer | undefined
  #atMs = 0

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings within that time: sooner when it is to ring sooner anyway. */
  within(delayMs: number): void {
    const boundedMs = Math.min(Math.max(delayMs, 0), longestMs)
    const atMs = this.#clock.monotonic() + boundedMs
    if (this.#timer && this.#atMs <= atMs) return
    this.cancel()
    this.#atMs = atMs
    this.#timer = this.#clock.after(boundedMs, () => {
      this.#timer = undefined
      this.#ring()
    })
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
