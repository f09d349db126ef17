import { ManualClock } from '@koine/base/testing'

/**
 * Time that passes only when nothing is left to do: between two timers all promises run until they wait for time again.
 * One order of events follows from one seed.
 */
export class VirtualClock extends ManualClock {
  /** Whole milliseconds, like the system's. */
  override now(): number {
    return Math.floor(super.now())
  }

  /** Goes on until `done` or until `limitMs` of virtual time have passed; false when it was the latter, or nothing moves. */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const deadlineMs = this.monotonic() + limitMs
    for (;;) {
      await promisesSettled()
      if (done()) return true
      if (this.monotonic() >= deadlineMs || !this.step()) return false
    }
  }

  /** Lets `ms` of virtual time pass. */
  async run(ms: number): Promise<void> {
    // The timer that ends the wait keeps the clock moving when there is no other.
    let over = false
    this.after(ms, () => (over = true))
    await this.runUntil(() => over, ms + 1)
  }
}

/** Node runs an immediate only after every microtask, and nothing in a simulation does real I/O. */
const promisesSettled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
