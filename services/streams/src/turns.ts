/** Runs the steps of each key one after another, and those of different keys side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  take<T>(key: string, step: () => Promise<T>): Promise<T> {
    const outcome = (this.#last.get(key) ?? Promise.resolve()).then(step)
    // The caller sees a failure; the next step's turn comes all the same.
    const turn: Promise<void> = outcome.then(
      () => this.#leave(key, turn),
      () => this.#leave(key, turn),
    )
    this.#last.set(key, turn)
    return outcome
  }

  isIdle(key: string): boolean {
    return !this.#last.has(key)
  }

  /** Resolves when every step taken so far is done, failed or not. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values())
  }

  #leave(key: string, turn: Promise<unknown>): void {
    if (this.#last.get(key) === turn) this.#last.delete(key)
  }
}
