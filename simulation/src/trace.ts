import type { Clock } from '@koine/base'

/** What happened, latest last; the oldest lines go when there are too many. */
export class Trace {
  readonly violations: string[] = []
  readonly #clock: Clock
  readonly #linesMax: number
  #lines: string[] = []
  /** Folds every line ever noted, so that two runs can be compared. */
  #fingerprint = 0

  constructor(clock: Clock, linesMax = 2000) {
    this.#clock = clock
    this.#linesMax = linesMax
  }

  note(line: string): void {
    const timed = `${this.#clock.monotonic().toFixed(1).padStart(9)} ms  ${line}`
    for (let i = 0; i < timed.length; i++)
      this.#fingerprint = (Math.imul(this.#fingerprint, 31) + timed.charCodeAt(i)) | 0
    this.#lines.push(timed)
    if (this.#lines.length > 2 * this.#linesMax) this.#lines = this.#lines.slice(-this.#linesMax)
  }

  /** Something that must never be. */
  violation(what: string): void {
    this.violations.push(what)
    this.note(`VIOLATION ${what}`)
  }

  tail(lines: number): readonly string[] {
    return this.#lines.slice(-lines)
  }

  get fingerprint(): number {
    return this.#fingerprint
  }
}
