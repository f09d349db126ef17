import type { Timer } from '@koine/base'
import { type CommittedOffset, partitionKey, type TenantScope } from '@koine/stores-ports'
import type { CoordinatorOptions, GroupDirectory } from './group-directory.ts'
import type { GroupRecord } from './group-records.ts'
import { subscribedIn } from './subscriptions.ts'

/** A tenant whose groups are looked after. */
interface Watch {
  readonly scope: TenantScope
  timer: Timer | undefined
  /** The group that the last sweep ended with; undefined when it went through all. */
  after: string | undefined
  /** Wall time: of what was kept in this round, the first to expire, if nothing else happens. */
  firstExpiryMs: number
}

/** Groups that one sweep looks at; the next goes on behind them. */
const groupsPerSweep = 200
/** Between two parts of one round. */
const breatherMs = 1_000
/** A tenant of which nothing is to expire soon is left alone, so that its store may rest; for so many intervals at most. */
const restIntervalsMax = 24

/**
 * Forgets offsets that have outlived their retention (KIP-211): counted from when the group lost its last member, or from
 * the commit where that came later or the group never had members; of a group that has members, the offsets of topics
 * that nobody in it subscribes to. A group without members and offsets is forgotten whole.
 */
export class OffsetExpiry {
  readonly #options: CoordinatorOptions
  readonly #directory: GroupDirectory
  readonly #startedAtMs: number
  readonly #watched = new Map<string, Watch>()

  constructor(options: CoordinatorOptions, directory: GroupDirectory) {
    this.#options = options
    this.#directory = directory
    this.#startedAtMs = options.clock.now()
  }

  /** From now on the tenant is swept from time to time. */
  watch(scope: TenantScope): void {
    if (this.#watched.has(scope.tenantId)) return
    const watch: Watch = { scope, timer: undefined, after: undefined, firstExpiryMs: 0 }
    this.#watched.set(scope.tenantId, watch)
    this.#arm(watch)
  }

  forget(tenantId: string): void {
    this.#watched.get(tenantId)?.timer?.cancel()
    this.#watched.delete(tenantId)
  }

  forgetAll(): void {
    for (const tenantId of this.#watched.keys()) this.forget(tenantId)
  }

  /** Looks at the tenant's next groups. */
  async sweep(scope: TenantScope): Promise<void> {
    this.watch(scope)
    const watch = this.#watched.get(scope.tenantId)!
    const records = await this.#directory.records.all(scope)
    const names = [...new Set([...records.keys(), ...(await scope.log.groups())])].sort()
    const { after } = watch
    const left = after === undefined ? names : names.filter((name) => name > after)
    if (after === undefined) watch.firstExpiryMs = Infinity
    for (const groupId of left.slice(0, groupsPerSweep)) {
      const firstExpiryMs = await this.#sweepGroup(scope, groupId, records.get(groupId))
      watch.firstExpiryMs = Math.min(watch.firstExpiryMs, firstExpiryMs)
    }
    watch.after = left.length > groupsPerSweep ? left[groupsPerSweep - 1] : undefined
  }

  #arm(watch: Watch): void {
    const { clock, logger } = this.#options
    const { scope } = watch
    watch.timer = clock.after(watch.after === undefined ? this.#restMs(watch) : breatherMs, () => {
      const swept = this.sweep(scope).catch((error: unknown) => {
        logger.warn({ tenant: scope.tenantId, err: error }, 'expired offsets could not be removed')
        watch.after = undefined
      })
      void swept.then(() => this.#watched.get(scope.tenantId) === watch && this.#arm(watch))
    })
  }

  #restMs({ firstExpiryMs }: Watch): number {
    const { clock, limits } = this.#options
    const leftMs = Math.max(firstExpiryMs - clock.now(), limits.offsetsRetentionCheckMs)
    return Math.min(leftMs, restIntervalsMax * limits.offsetsRetentionCheckMs)
  }

  /** @returns when the first of the offsets that it kept would expire */
  async #sweepGroup(scope: TenantScope, groupId: string, record: GroupRecord | undefined): Promise<number> {
    const committed = await scope.log.committedOffsets(groupId)
    const pending = committed.length > 0 ? await this.#options.pendingOffsets?.(scope, groupId) : undefined
    const isExpired = this.#expired(scope, groupId, record)
    const isGone = (offset: CommittedOffset): boolean => isExpired(offset) && !pending?.has(partitionKey(offset))
    const { gone = [], kept = [] } = Object.groupBy(committed, (offset) => (isGone(offset) ? 'gone' : 'kept'))
    if (gone.length > 0) {
      this.#options.logger.debug({ group: groupId, offsets: gone.length }, 'offsets have expired')
      await scope.log.deleteOffsets(groupId, gone)
    }
    const isLive = this.#directory.find(scope, groupId) !== undefined
    if (record && !isLive && kept.length === 0) await this.#directory.records.remove(scope, groupId)
    const times = kept.map(({ committedAtMs = 0 }) => committedAtMs)
    return times.reduce((first, ms) => Math.min(first, ms), Infinity) + this.#options.limits.offsetsRetentionMs
  }

  #expired(scope: TenantScope, groupId: string, record: GroupRecord | undefined): (offset: CommittedOffset) => boolean {
    const { clock, limits } = this.#options
    const deadlineMs = clock.now() - limits.offsetsRetentionMs
    const group = this.#directory.find(scope, groupId)
    if (group && group.members.size > 0) {
      if (group.protocolType !== 'consumer') return () => false
      const isSubscribed = subscribedIn(group)
      return ({ topic, committedAtMs = 0 }) => committedAtMs <= deadlineMs && !isSubscribed(topic)
    }
    // A group that had members when the last process ended has been without them since this one began, if not before.
    const emptySinceMs = record ? (record.emptySinceMs ?? this.#startedAtMs) : 0
    return ({ committedAtMs = 0 }) => Math.max(committedAtMs, emptySinceMs) <= deadlineMs
  }
}
