import { compareBytewise } from '@koine/stores-ports'
import { type EntryRange, type EntryValue, isEventKey, keyGroup } from '../entry.ts'
import type { Changes } from './journal-frame.ts'
import { firstAtOrAfter, KeyOrder } from './key-order.ts'

/** What a key holds, null where it was removed. */
export interface LayerEntry {
  readonly key: string
  readonly value: EntryValue | null
}

/** Changes of one generation over what lies below: the last of each key. */
export class Layer {
  readonly generation: number
  /** Of the changes as they stand in the journal. */
  bytes = 0
  readonly #values = new Map<string, EntryValue | null>()
  /** By the group that a range stays within. */
  readonly #orders = new Map<string, KeyOrder>()
  #forgotten = 0

  readonly #isReplayed: boolean

  /** @param isReplayed whether an earlier process had it, of whose changes some may be below already */
  constructor(generation: number, { isReplayed = false } = {}) {
    this.generation = generation
    this.#isReplayed = isReplayed
  }

  get isEmpty(): boolean {
    return this.#values.size === 0
  }

  apply(changes: Changes): void {
    for (const [key, value] of changes) {
      const before = this.#values.get(key)
      if (value === null && before !== undefined && before !== null && this.#isNowhereElse(key)) this.#forget(key)
      else {
        if (before === undefined) this.#order(keyGroup(key)).add(key)
        this.#values.set(key, value)
      }
    }
  }

  get(key: string): EntryValue | null | undefined {
    return this.#values.get(key)
  }

  /** Whether it may hold something of the range. */
  touches({ from }: EntryRange): boolean {
    return this.#orders.has(keyGroup(from))
  }

  /** The range's entries, removed ones as null. */
  *range({ from, before, reverse = false }: EntryRange): Generator<LayerEntry, void, undefined> {
    const keys = this.#orders.get(keyGroup(from))?.sorted() ?? []
    const start = firstAtOrAfter(keys, from)
    const end = firstAtOrAfter(keys, before)
    for (let i = 0; i < end - start; i++) {
      const key = keys[reverse ? end - 1 - i : start + i]!
      const value = this.#values.get(key)
      if (value !== undefined) yield { key, value }
    }
  }

  /** All of it, by key. Nothing is added meanwhile. */
  *sorted(): Generator<LayerEntry, void, undefined> {
    const groups = [...this.#orders.keys()].sort(compareBytewise)
    for (const group of groups) {
      for (const key of this.#orders.get(group)!.sorted()) {
        const value = this.#values.get(key)
        if (value !== undefined) yield { key, value }
      }
    }
  }

  #order(group: string): KeyOrder {
    let order = this.#orders.get(group)
    if (!order) this.#orders.set(group, (order = new KeyOrder()))
    return order
  }

  /** An event that came here was never below: its number is used once. */
  #isNowhereElse(key: string): boolean {
    return !this.#isReplayed && isEventKey(key)
  }

  #forget(key: string): void {
    this.#values.delete(key)
    this.#forgotten++
    if (this.#forgotten < 1000) return
    const order = this.#order(keyGroup(key))
    if (this.#forgotten * 2 < order.size) return
    order.keep((each) => this.#values.has(each))
    this.#forgotten = 0
  }
}
