/**
 * Lets writes of this process that touch the same record take turns. Between processes the conditions of the
 * transactions decide; here turns spare the tries that would fail.
 */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs the action when all that was asked for earlier on any of the keys has ended. */
  async run<T>(keys: readonly string[], action: () => Promise<T>): Promise<T> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    // All keys are claimed in one step, so two waiting actions are in the same order on every key that they share.
    const earlier = keys.map((key) => this.#tails.get(key) ?? Promise.resolve())
    for (const key of keys) this.#tails.set(key, ended)
    try {
      await Promise.all(earlier)
      return await action()
    } finally {
      for (const key of keys) if (this.#tails.get(key) === ended) this.#tails.delete(key)
      end()
    }
  }
}
