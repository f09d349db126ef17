import type { Clock, Timer } from '@koine/base'

/** One running deadline at a time: a request is first connecting, then waiting for headers, then reading. */
export class Stage {
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ends the stage before. */
  enter(deadlineMs: number, onOver: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(deadlineMs, onOver)
  }

  end(): void {
    this.#timer?.cancel()
  }
}
