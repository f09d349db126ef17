import type { Clock } from '@koine/base'

const firstMs = 20
const longestMs = 5_000

/** When what has failed may be tried again: each time twice as late, up to a few seconds. */
export class Retries {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #failing = new Map<string, { failures: number; retryAtMs: number }>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** @returns in how many milliseconds to try again */
  failed(key: string): number {
    const failures = (this.#failing.get(key)?.failures ?? 0) + 1
    const inMs = Math.min(longestMs, firstMs * 2 ** (failures - 1))
    this.#failing.set(key, { failures, retryAtMs: this.#clock.monotonic() + inMs })
    return inMs
  }

  /** 0 for what has not failed. */
  inMs(key: string): number {
    const failing = this.#failing.get(key)
    return failing ? Math.max(0, failing.retryAtMs - this.#clock.monotonic()) : 0
  }

  forget(key: string): void {
    this.#failing.delete(key)
  }
}
