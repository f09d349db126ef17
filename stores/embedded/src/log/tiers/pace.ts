import { type Clock, sleep } from '@koine/base'

/** Shorter waits are saved up. */
const waitMsMin = 5

/** Keeps work to a number of bytes a second. */
export class Pace {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #readyAtMs = 0

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.#signal = signal
  }

  /** Resolves when what was spent so far may have taken as long as it did. Rejects when the signal is given. */
  async spend(bytes: number, bytesPerSecond: number): Promise<void> {
    const now = this.#clock.monotonic()
    this.#readyAtMs = Math.max(now, this.#readyAtMs) + (bytes / bytesPerSecond) * 1000
    this.#signal.throwIfAborted()
    if (this.#readyAtMs - now >= waitMsMin) await sleep(this.#clock, this.#readyAtMs - now, this.#signal)
  }
}
