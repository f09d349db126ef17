import type { TenantId } from '@koine/base'

/**
 * **cache** — counters with expiry, hashes, sorted sets, and publish/subscribe between nodes. Nothing in it is durable:
 * any key may vanish at any time, and counters may go backwards (a replica that failed over). Whoever uses it can rebuild
 * what it holds.
 *
 * Semantics that every engine keeps, and why:
 * - A key is `{ slot, name }`. Every operation touches one key, so that it runs on one Redis Cluster slot; keys of one
 *   `slot` (a user, a conversation) share a hash tag and thereby a node.
 * - Every key has an expiry: each write says how long the key lives from now. `increment` sets the expiry of a counter in
 *   the same step, and only when it makes the counter: there is never a counter without one.
 * - A key holds one type; another type's operation on it throws InvariantBroken.
 * - Publish/subscribe is at most once, in order per publisher and channel, and reaches those who had subscribed before.
 */
export interface Cache extends AsyncDisposable {
  forTenant(tenant: TenantId): TenantCache
  dropTenant(tenant: TenantId): Promise<void>
}

export interface CacheKey {
  readonly slot: string
  readonly name: string
}

export interface TenantCache {
  /** Adds `by` (a whole number) and returns the new count. The expiry is set when the counter is made. */
  increment(key: CacheKey, by: number, expiresInMs: number): Promise<number>
  count(key: CacheKey): Promise<number | undefined>

  hashSet(key: CacheKey, fields: { readonly [field: string]: string }, expiresInMs: number): Promise<void>
  hashGet(key: CacheKey, field: string): Promise<string | undefined>
  hashGetAll(key: CacheKey): Promise<{ readonly [field: string]: string }>
  hashDelete(key: CacheKey, fields: readonly string[]): Promise<void>

  /** Adds members or changes their scores; keeps the `keep` members of the highest scores when given. */
  sortedAdd(
    key: CacheKey,
    members: readonly SortedMember[],
    options: { readonly expiresInMs: number; readonly keep?: number },
  ): Promise<void>
  sortedRemove(key: CacheKey, members: readonly string[]): Promise<void>
  /** By score, equal scores by member bytewise. */
  sortedRange(
    key: CacheKey,
    options: { readonly direction: 'ascending' | 'descending'; readonly offset?: number; readonly limit: number },
  ): Promise<readonly SortedMember[]>

  /** Whether the key holds anything. */
  has(key: CacheKey): Promise<boolean>
  delete(key: CacheKey): Promise<void>

  /** Resolves once handed over; nobody may be listening. */
  publish(channel: string, message: string): Promise<void>
  /** Resolves when the subscription is in force. The handler must not throw; it is called in order. */
  subscribe(channel: string, handler: (message: string) => void): Promise<AsyncDisposable>
}

export interface SortedMember {
  readonly member: string
  readonly score: number
}

export const cacheLimits = {
  keyBytes: 512,
  valueBytes: 512 * 1024,
  channelBytes: 256,
  messageBytes: 1024 * 1024,
} as const
