import type { Clock, Timer } from '../clock.ts'

interface Due {
  readonly atMs: number
  readonly order: number
  readonly action: () => void
}

/** A clock that stands still until told. Timers fire in order of their time, then of their making. */
export class ManualClock implements Clock {
  #elapsedMs = 0
  #wallOffsetMs: number
  #made = 0
  readonly #timers = new Set<Due>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = startMs
  }

  now(): number {
    return this.#wallOffsetMs + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, action: () => void): Timer {
    const due = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#made++, action }
    this.#timers.add(due)
    return { cancel: () => this.#timers.delete(due) }
  }

  /** Moves time on and runs what falls due, each at its own time. */
  advance(ms: number): void {
    const target = this.#elapsedMs + ms
    for (let next = this.#next(); next && next.atMs <= target; next = this.#next()) {
      this.#timers.delete(next)
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs)
      next.action()
    }
    this.#elapsedMs = target
  }

  /** Moves to the next timer and runs it; false when there is none. */
  step(): boolean {
    const next = this.#next()
    if (!next) return false
    this.advance(Math.max(0, next.atMs - this.#elapsedMs))
    return true
  }

  /** Steps the wall clock only, as an operator or NTP might. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  #next(): Due | undefined {
    let first: Due | undefined
    for (const due of this.#timers) {
      if (!first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order)) first = due
    }
    return first
  }
}
