import { compareBytewise } from '@koine/stores-ports'

/** Keys in bytewise order. Most come in that order; those that don't are sorted in when somebody looks. */
export class KeyOrder {
  #keys: string[] = []
  #isSorted = true

  /** @param key one that isn't there yet */
  add(key: string): void {
    const last = this.#keys.at(-1)
    if (last !== undefined && this.#isSorted) this.#isSorted = compareBytewise(last, key) < 0
    this.#keys.push(key)
  }

  get size(): number {
    return this.#keys.length
  }

  sorted(): readonly string[] {
    if (!this.#isSorted) this.#keys.sort(compareBytewise)
    this.#isSorted = true
    return this.#keys
  }

  keep(stays: (key: string) => boolean): void {
    this.#keys = this.#keys.filter(stays)
  }
}

/** Where the first key at or after `bound` stands. */
export function firstAtOrAfter(keys: readonly string[], bound: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytewise(keys[middle]!, bound) < 0) low = middle + 1
    else high = middle
  }
  return low
}
