import { invariant } from '@koine/base'
import { SortedSet } from './sorted-set.ts'

export type CacheValue =
  | { readonly type: 'counter'; count: number }
  | { readonly type: 'hash'; readonly fields: Map<string, string> }
  | { readonly type: 'sorted set'; readonly members: SortedSet }

export interface CacheEntry {
  readonly value: CacheValue
  expiresAtMs: number
  bytes: number
}

type ValueOf<T extends CacheValue['type']> = Extract<CacheValue, { type: T }>

const makeValue = {
  counter: (): ValueOf<'counter'> => ({ type: 'counter', count: 0 }),
  hash: (): ValueOf<'hash'> => ({ type: 'hash', fields: new Map() }),
  'sorted set': (): ValueOf<'sorted set'> => ({ type: 'sorted set', members: new SortedSet() }),
}

/** What an entry costs beside its text: the objects around it. An estimate, on the high side. */
export const entryOverheadBytes = 256
/** What a field of a hash or a member of a sorted set costs beside its text. */
export const memberOverheadBytes = 64
/** Two bytes a UTF-16 unit, the most that the runtime takes. */
export const textBytes = (text: string): number => 2 * text.length

/** One tenant's keys, least recently used first. Times are the monotonic clock's. */
export class CacheSpace {
  readonly #entries = new Map<string, CacheEntry>()
  #sweep = this.#entries.entries()
  #bytes = 0

  get entries(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The live value, of the stated type, made the most recently used. */
  find<T extends CacheValue['type']>(key: string, type: T, nowMs: number): ValueOf<T> | undefined {
    const entry = this.#live(key, nowMs)
    if (!entry) return undefined
    invariant(entry.value.type === type, `A ${entry.value.type} of the cache is used as a ${type}.`)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value as ValueOf<T>
  }

  /** Finds the value or makes an empty one, which expires at once unless `expire` is called. */
  claim<T extends CacheValue['type']>(key: string, type: T, nowMs: number): { value: ValueOf<T>; made: boolean } {
    this.#sweepSome(nowMs)
    const found = this.find(key, type, nowMs)
    if (found) return { value: found, made: false }
    const value = makeValue[type]() as ValueOf<T>
    const bytes = entryOverheadBytes + textBytes(key)
    this.#entries.set(key, { value, expiresAtMs: nowMs, bytes })
    this.#bytes += bytes
    return { value, made: true }
  }

  expire(key: string, atMs: number): void {
    const entry = this.#entries.get(key)
    if (entry) entry.expiresAtMs = atMs
  }

  /** Accounts for what a value gained or lost. */
  resize(key: string, bytes: number): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    entry.bytes += bytes
    this.#bytes += bytes
  }

  has(key: string, nowMs: number): boolean {
    return this.#live(key, nowMs) !== undefined
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }

  evictLeastRecentlyUsed(): void {
    for (const key of this.#entries.keys()) return this.delete(key)
  }

  #live(key: string, nowMs: number): CacheEntry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || entry.expiresAtMs > nowMs) return entry
    this.delete(key)
    return undefined
  }

  /** Looks at two keys for each one written, so that what nobody asks for again doesn't outlive its time for long. */
  #sweepSome(nowMs: number): void {
    for (let i = 0; i < 2; i++) {
      const next = this.#sweep.next()
      if (next.done) this.#sweep = this.#entries.entries()
      else if (next.value[1].expiresAtMs <= nowMs) this.delete(next.value[0])
    }
  }
}
