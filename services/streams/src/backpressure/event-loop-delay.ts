import type { Clock, Timer } from '@koine/base'

/** How late the event loop comes to its timers: a timer of a few milliseconds, and by how much it is late. */
export class EventLoopDelay implements Disposable {
  readonly #clock: Clock
  readonly #sampleMs: number
  #timer: Timer | undefined
  #lateMs = 0
  #samples = 0

  constructor(o: { readonly clock: Clock; readonly sampleMs: number }) {
    this.#clock = o.clock
    this.#sampleMs = o.sampleMs
  }

  start(): void {
    if (!this.#timer) this.#sample()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lateMs = this.#samples = 0
  }

  /** The mean of what was sampled since the last call, in milliseconds. */
  take(): number {
    const meanMs = this.#samples === 0 ? 0 : this.#lateMs / this.#samples
    this.#lateMs = this.#samples = 0
    return meanMs
  }

  #sample(): void {
    const dueMs = this.#clock.monotonic() + this.#sampleMs
    this.#timer = this.#clock.after(this.#sampleMs, () => {
      this.#lateMs += Math.max(0, this.#clock.monotonic() - dueMs)
      this.#samples++
      this.#sample()
    })
  }

  [Symbol.dispose](): void {
    this.stop()
  }
}
