import { type Clock, invariant, KoineError, type TenantId } from '@koine/base'
import { type Cache, type CacheKey, cacheLimits, type TenantCache } from '../cache.ts'
import { type Faults, noFaults } from '../faults.ts'
import { around } from './around.ts'
import {
  type CachePlace,
  checkText,
  count,
  hashDelete,
  hashGet,
  hashGetAll,
  hashSet,
  increment,
  keyText,
  sortedAdd,
  sortedRange,
  sortedRemove,
} from './cache-operations.ts'
import { CacheSpace } from './cache-space.ts'
import { Channels } from './channels.ts'

export interface MemoryCacheOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly faults?: Faults
  /** Over all tenants. At either bound the least recently used keys of the tenant that holds the most go. */
  readonly limits?: { readonly entries: number; readonly bytes: number }
}

interface Space {
  readonly keys: CacheSpace
  readonly channels: Channels
}

/** The cache port inside one process. */
export class MemoryCache implements Cache {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #faults: Faults
  readonly #limits: { readonly entries: number; readonly bytes: number }
  readonly #spaces = new Map<TenantId, Space>()
  #entries = 0
  #bytes = 0
  #closed = false

  constructor({
    clock,
    faults = noFaults,
    limits = { entries: 1_000_000, bytes: 128 * 1024 * 1024 },
  }: MemoryCacheOptions) {
    this.#clock = clock
    this.#faults = faults
    this.#limits = limits
  }

  /** What all tenants hold together, in keys and estimated bytes. */
  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries, bytes: this.#bytes }
  }

  forTenant(tenant: TenantId): TenantCache {
    const on = <T>(operation: string, key: CacheKey, effect: (at: CachePlace) => T): Promise<Awaited<T>> =>
      this.#onKey(tenant, `cache.${operation}`, key, effect)
    return {
      increment: (key, by, expiresInMs) => on('increment', key, (at) => increment(at, by, expiresInMs)),
      count: (key) => on('count', key, count),
      hashSet: (key, fields, expiresInMs) => on('hashSet', key, (at) => hashSet(at, fields, expiresInMs)),
      hashGet: (key, field) => on('hashGet', key, (at) => hashGet(at, field)),
      hashGetAll: (key) => on('hashGetAll', key, hashGetAll),
      hashDelete: (key, fields) => on('hashDelete', key, (at) => hashDelete(at, fields)),
      sortedAdd: (key, members, options) => on('sortedAdd', key, (at) => sortedAdd(at, members, options)),
      sortedRemove: (key, members) => on('sortedRemove', key, (at) => sortedRemove(at, members)),
      sortedRange: (key, options) => on('sortedRange', key, (at) => sortedRange(at, options)),
      has: (key) => on('has', key, (at) => at.keys.has(at.key, at.nowMs)),
      delete: (key) => on('delete', key, (at) => at.keys.delete(at.key)),
      publish: (channel, message) => this.#publish(tenant, channel, message),
      subscribe: (channel, handler) => this.#subscribe(tenant, channel, handler),
    }
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return around(this.#faults, 'cache.dropTenant', () => this.#drop(tenant))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const tenant of this.#spaces.keys()) this.#drop(tenant)
  }

  async #onKey<T>(
    tenant: TenantId,
    operation: string,
    key: CacheKey,
    effect: (at: CachePlace) => T,
  ): Promise<Awaited<T>> {
    const text = keyText(key)
    return around(this.#faults, operation, () =>
      this.#within(tenant, ({ keys }) => effect({ keys, key: text, nowMs: this.#clock.monotonic() })),
    )
  }

  /** Runs one step on the tenant's space, keeps the totals and the bounds, and leaves no empty space behind. */
  #within<T>(tenant: TenantId, step: (space: Space) => T): T {
    this.#checkOpen()
    const space = this.#spaces.get(tenant) ?? { keys: new CacheSpace(), channels: new Channels() }
    const { entries, bytes } = space.keys
    this.#spaces.set(tenant, space)
    try {
      return step(space)
    } finally {
      this.#entries += space.keys.entries - entries
      this.#bytes += space.keys.bytes - bytes
      this.#evict()
      this.#forgetIfEmpty(tenant, space)
    }
  }

  async #publish(tenant: TenantId, channel: string, message: string): Promise<void> {
    checkText('channel', channel, cacheLimits.channelBytes)
    checkText('message', message, cacheLimits.messageBytes)
    await around(this.#faults, 'cache.publish', () => {
      this.#checkOpen()
      this.#spaces.get(tenant)?.channels.publish(channel, message)
    })
  }

  async #subscribe(tenant: TenantId, channel: string, handler: (message: string) => void): Promise<AsyncDisposable> {
    checkText('channel', channel, cacheLimits.channelBytes)
    const stop = await around(this.#faults, 'cache.subscribe', () =>
      this.#within(tenant, (space) => {
        const unsubscribe = space.channels.subscribe(channel, handler)
        return () => {
          unsubscribe()
          this.#forgetIfEmpty(tenant, space)
        }
      }),
    )
    return { [Symbol.asyncDispose]: async () => stop() }
  }

  #evict(): void {
    while (this.#entries > this.#limits.entries || this.#bytes > this.#limits.bytes) {
      const [tenant, space] = this.#largest()
      // A tenth at a time, so that finding the largest stays rare however many tenants there are.
      for (let count = Math.ceil(space.keys.entries / 10); count > 0; count--) {
        const before = space.keys.bytes
        space.keys.evictLeastRecentlyUsed()
        this.#entries--
        this.#bytes -= before - space.keys.bytes
      }
      this.#forgetIfEmpty(tenant, space)
    }
  }

  #largest(): [TenantId, Space] {
    let largest: [TenantId, Space] | undefined
    const share = ({ keys }: Space): number =>
      Math.max(keys.entries / this.#limits.entries, keys.bytes / this.#limits.bytes)
    for (const held of this.#spaces) if (!largest || share(held[1]) > share(largest[1])) largest = held
    invariant(largest && largest[1].keys.entries > 0, 'A cache over its bound holds something.')
    return largest
  }

  #forgetIfEmpty(tenant: TenantId, space: Space): void {
    if (space.keys.entries === 0 && space.channels.isEmpty && this.#spaces.get(tenant) === space)
      this.#spaces.delete(tenant)
  }

  #drop(tenant: TenantId): void {
    const space = this.#spaces.get(tenant)
    if (!space) return
    this.#spaces.delete(tenant)
    this.#entries -= space.keys.entries
    this.#bytes -= space.keys.bytes
    space.channels.clear()
  }

  #checkOpen(): void {
    if (this.#closed) throw new KoineError('unavailable', 'The cache is closed.')
  }
}
