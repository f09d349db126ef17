/** Work per second as a running average that is brought up to date at each tick; recording costs one addition. */
export class WorkRate {
  #sinceTick = 0
  #perSecond = 0

  record(work: number): void {
    this.#sinceTick += work
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /**
   * @param elapsedMs since the last tick, above 0
   * @param averageMs how far back it looks, about
   * @returns the work recorded since the last tick
   */
  tick(elapsedMs: number, averageMs: number): number {
    const done = this.#sinceTick
    const now = (done / elapsedMs) * 1_000
    this.#perSecond += (1 - Math.exp(-elapsedMs / averageMs)) * (now - this.#perSecond)
    this.#sinceTick = 0
    return done
  }
}
