/**
 * A bounded cache of what was read from the control tables, the longest unused out first. An entry also ages out, so that
 * a change made by another process shows within `ageMaxMs`; a change made here calls `forget` and shows at once.
 */
export class ResolutionCache<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly readAtMs: number }>()
  readonly #options: { readonly capacity: number; readonly ageMaxMs: number; readonly monotonic: () => number }
  #generation = 0

  constructor(options: { readonly capacity: number; readonly ageMaxMs: number; readonly monotonic: () => number }) {
    this.#options = options
  }

  /** The value, read through `load` when it isn't held. What `load` doesn't find (undefined) isn't kept. */
  async get(key: K, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const held = this.#entries.get(key)
    if (held && this.#options.monotonic() - held.readAtMs < this.#options.ageMaxMs) {
      this.#entries.delete(key)
      this.#entries.set(key, held)
      return held.value
    }
    const generation = this.#generation
    const readAtMs = this.#options.monotonic()
    const value = await load()
    // Something was forgotten while this read was under way: what it saw may be from before.
    if (value !== undefined && generation === this.#generation) this.#keep(key, { value, readAtMs })
    return value
  }

  forget(key: K): void {
    this.#generation++
    this.#entries.delete(key)
  }

  forgetWhere(matches: (value: V) => boolean): void {
    this.#generation++
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#entries.delete(key)
  }

  get size(): number {
    return this.#entries.size
  }

  #keep(key: K, entry: { readonly value: V; readonly readAtMs: number }): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > this.#options.capacity) {
      const oldest = this.#entries.keys().next()
      if (!oldest.done) this.#entries.delete(oldest.value)
    }
  }
}
