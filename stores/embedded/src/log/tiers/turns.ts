/** Lets actions run one at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => {}) // The caller hears of it; the next one goes on.
    return result
  }
}
