import type { Clock } from '@koine/base'

interface Begun {
  readonly sinceMs: number
}

/** What was begun and isn't done: how many bytes, and for how long the oldest. */
export class WorkUnderWay {
  readonly #clock: Clock
  /** In the order of their beginnings. */
  readonly #begun = new Set<Begun>()
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  /** 0 when there is nothing. */
  get oldestMs(): number {
    for (const { sinceMs } of this.#begun) return this.#clock.monotonic() - sinceMs
    return 0
  }

  /** @returns what is to be called when it is done, once */
  begin(bytes: number): () => void {
    const begun = { sinceMs: this.#clock.monotonic() }
    this.#begun.add(begun)
    this.#bytes += bytes
    return () => {
      this.#begun.delete(begun)
      this.#bytes -= bytes
    }
  }
}
