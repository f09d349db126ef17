import type { CommittedOffset, Partition, TenantScope } from '@koine/stores-ports'
import { ClassicGroups, type GroupJoin, type GroupSync } from './classic-groups.ts'
import type { ConsumerHeartbeat } from './consumer/consumer-heartbeat.ts'
import type { ConsumerHeartbeatOutcome } from './consumer/consumer-outcomes.ts'
import { ConsumerGroups } from './consumer/consumer-groups.ts'
import { type ConsumerGroupDescription, describeConsumerGroup } from './consumer/describing.ts'
import { commitProblem, type OffsetClaim } from './commit-problem.ts'
import { describe, type GroupDescription, type GroupListing, listing, listingOf } from './describing.ts'
import { Group } from './group.ts'
import { type CoordinatorOptions, GroupDirectory, isGroupId, type LiveGroup } from './group-directory.ts'
import { type GroupLag, lagOf, lagsOf } from './lag.ts'
import type { Leaver } from './leaving.ts'
import {
  deletionProblem,
  type FetchedOffsets,
  fetchProblem,
  type OffsetFailure,
  storedOffsets,
  storeOffsets,
} from './offsets.ts'
import {
  type GroupFailure,
  type HeartbeatOutcome,
  type JoinOutcome,
  refuse,
  type Refusal,
  type SyncOutcome,
} from './outcomes.ts'
import { OffsetExpiry } from './offset-expiry.ts'
import type { MemberClaim } from './syncing.ts'

export type { CoordinatorOptions } from './group-directory.ts'
export type { GroupJoin, GroupSync } from './classic-groups.ts'
export type GroupClaim = OffsetClaim & { readonly groupId: string }

/** Who fetches offsets: a member of the consumer protocol says so; all others leave the member out. */
export interface FetchClaim {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
}

/**
 * A tenant's consumer groups, by the classic protocol and by the consumer protocol. Membership lives in memory, so that
 * after a restart members join anew; committed offsets live in the log.
 */
export class GroupCoordinator {
  readonly #options: CoordinatorOptions
  readonly #directory: GroupDirectory
  readonly #classic: ClassicGroups
  readonly #consumer: ConsumerGroups
  readonly #expiry: OffsetExpiry

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#directory = new GroupDirectory(options)
    this.#classic = new ClassicGroups(options, this.#directory)
    this.#consumer = new ConsumerGroups(options, this.#directory)
    this.#expiry = new OffsetExpiry(options, this.#directory)
  }

  /** Resolves when the group has gathered, which may take up to the rebalance timeout. */
  join(scope: TenantScope, request: GroupJoin): Promise<JoinOutcome> {
    return this.#classic.join(scope, request)
  }

  /** Resolves when the leader has assigned. */
  sync(scope: TenantScope, request: GroupSync): Promise<SyncOutcome> {
    return this.#classic.sync(scope, request)
  }

  heartbeat(scope: TenantScope, claim: MemberClaim & { readonly groupId: string }): HeartbeatOutcome {
    return this.#classic.heartbeat(scope, claim)
  }

  /** The consumer protocol's one request of members (KIP-848). */
  consumerHeartbeat(
    scope: TenantScope,
    request: ConsumerHeartbeat & { readonly groupId: string },
  ): Promise<ConsumerHeartbeatOutcome> {
    return this.#consumer.heartbeat(scope, request)
  }

  /** @returns why each of them can't leave; undefined for those that have left */
  leave(scope: TenantScope, groupId: string, leavers: readonly Leaver[]): readonly (GroupFailure | undefined)[] {
    const group = this.#directory.find(scope, groupId)
    if (!group) return leavers.map(() => 'unknown-member')
    return group.type === 'classic'
      ? this.#classic.leave(scope, group, leavers)
      : this.#consumer.leave(scope, group, leavers)
  }

  /** Why the claim may not commit, for a transaction too; to be asked right before the offsets are stored. */
  commitProblem(scope: TenantScope, claim: GroupClaim): GroupFailure | undefined {
    if (!isGroupId(claim.groupId)) return 'invalid-group-id'
    return commitProblem(this.#directory.find(scope, claim.groupId), claim, this.#classic.contextOf(scope))
  }

  /** @returns why each offset couldn't be committed; undefined for those that are durable */
  async commit(
    scope: TenantScope,
    claim: GroupClaim,
    offsets: readonly CommittedOffset[],
  ): Promise<readonly (OffsetFailure | undefined)[]> {
    this.#expiry.watch(scope)
    if (!(await this.#mayHaveOffsets(scope, claim.groupId))) return offsets.map(() => 'too-many-groups')
    return await storeOffsets(scope, claim.groupId, offsets, () => this.commitProblem(scope, claim))
  }

  /** All that the group has committed, or that of the partitions given. */
  committed(
    scope: TenantScope,
    groupId: string,
    partitions?: readonly Partition[],
  ): Promise<readonly CommittedOffset[]> {
    return isGroupId(groupId) ? storedOffsets(scope, groupId, partitions) : Promise.resolve([])
  }

  /** What a group has committed, as its members and administrators ask for it. */
  async fetchOffsets(scope: TenantScope, claim: FetchClaim): Promise<FetchedOffsets | Refusal> {
    this.#expiry.watch(scope)
    const problem = fetchProblem(this.#directory.find(scope, claim.groupId), claim)
    if (problem) return refuse(problem)
    if (!isGroupId(claim.groupId)) return { ok: true, offsets: [], pending: new Set() }
    // In this order: what is pending no more when it is asked for has been committed when that is read.
    const pending = (await this.#options.pendingOffsets?.(scope, claim.groupId)) ?? new Set<string>()
    return { ok: true, offsets: await this.committed(scope, claim.groupId), pending }
  }

  /** Forgets what the group has committed of some partitions. @returns why each can't be; undefined for those that are forgotten */
  async deleteOffsets(
    scope: TenantScope,
    groupId: string,
    partitions: readonly Partition[],
  ): Promise<{ ok: true; failures: readonly ('subscribed' | undefined)[] } | Refusal<'no-such-group' | 'not-empty'>> {
    const live = this.#directory.find(scope, groupId)
    if (!live && !(await this.#isKnown(scope, groupId))) return refuse('no-such-group')
    const problem = deletionProblem(this.#directory.find(scope, groupId))
    if (problem === 'not-empty') return refuse(problem)
    const failures = partitions.map(({ topic }) => (problem(topic) ? ('subscribed' as const) : undefined))
    const gone = partitions.filter((_, index) => failures[index] === undefined)
    if (gone.length > 0) await scope.log.deleteOffsets(groupId, gone)
    return { ok: true, failures }
  }

  /** Of a group of the classic protocol; undefined when there is none of that name. */
  async describe(scope: TenantScope, groupId: string): Promise<GroupDescription | undefined> {
    if (!isGroupId(groupId)) return undefined
    const live = this.#directory.find(scope, groupId)
    if (live) return live.type === 'classic' ? describe(live) : undefined
    const record = await this.#directory.records.find(scope, groupId)
    if (record)
      return record.type === 'classic'
        ? { ...describe(new Group(groupId)), protocolType: record.protocolType }
        : undefined
    return (await this.#hasOffsets(scope, groupId)) ? describe(new Group(groupId)) : undefined
  }

  /** Of a group of the consumer protocol; undefined when there is none of that name. */
  async describeConsumerGroup(scope: TenantScope, groupId: string): Promise<ConsumerGroupDescription | undefined> {
    if (!isGroupId(groupId)) return undefined
    const topics = await this.#consumer.topics.of(scope, { isFresh: true })
    const live = this.#directory.find(scope, groupId)
    if (live) return live.type === 'consumer' ? describeConsumerGroup(live, topics) : undefined
    const record = await this.#directory.records.find(scope, groupId)
    return record?.type === 'consumer' ? describeConsumerGroup(record, topics) : undefined
  }

  /** By name: groups with members, and those that had some or have committed offsets. */
  async list(scope: TenantScope): Promise<readonly GroupListing[]> {
    const [records, committed] = [await this.#directory.records.all(scope), await scope.log.groups()]
    const live = this.#directory.all(scope)
    const names = new Set([...live.keys(), ...records.keys(), ...committed])
    return [...names].sort().map((name) => {
      const group = live.get(name)
      return group ? listing(group) : listingOf(name, records.get(name))
    })
  }

  /** Forgets a group without members, its committed offsets included. */
  async delete(
    scope: TenantScope,
    groupId: string,
  ): Promise<{ ok: true } | { ok: false; reason: 'not-empty' | 'no-such-group' }> {
    const isThere = isGroupId(groupId) && (await this.#isKnown(scope, groupId))
    const live = this.#directory.find(scope, groupId)
    if (live && !live.isDeserted) return { ok: false, reason: 'not-empty' }
    if (!isThere) return { ok: false, reason: 'no-such-group' }
    await scope.log.deleteOffsets(groupId)
    await this.#directory.records.remove(scope, groupId)
    return { ok: true }
  }

  /** How far a group is behind the ends of its partitions; undefined when there is no such group. */
  async lag(scope: TenantScope, groupId: string): Promise<GroupLag | undefined> {
    const live = this.#directory.find(scope, groupId)
    if (!live && !(isGroupId(groupId) && (await this.#isKnown(scope, groupId)))) return undefined
    const topics = await this.#consumer.topics.of(scope, { isFresh: false })
    return await lagOf(scope, { groupId, live, topics, partitionsMax: this.#options.limits.lagPartitions })
  }

  /** How far all groups are behind, up to the limit of partitions: the same view, for a scrape of metrics. */
  async lags(scope: TenantScope): Promise<readonly GroupLag[]> {
    const live = this.#directory.all(scope)
    const names = new Set([...live.keys(), ...(await scope.log.groups())])
    const topics = await this.#consumer.topics.of(scope, { isFresh: false })
    const groups = [...names].sort().map((groupId) => ({ groupId, live: live.get(groupId) }))
    return await lagsOf(scope, { groups, topics, partitionsMax: this.#options.limits.lagPartitions })
  }

  /** Forgets offsets of the tenant that have outlived their retention, as far as one sweep goes. */
  sweep(scope: TenantScope): Promise<void> {
    return this.#expiry.sweep(scope)
  }

  /** Groups that have members, of all tenants. */
  get liveGroups(): number {
    return this.#directory.size
  }

  /** Ends every group of the tenant; whoever waits is told that it isn't a member. */
  forget(tenantId: string): void {
    for (const group of this.#directory.forget(tenantId)) this.#end(group)
    this.#consumer.topics.forget(tenantId)
    this.#expiry.forget(tenantId)
  }

  forgetAll(): void {
    for (const tenantId of this.#directory.tenantIds) this.forget(tenantId)
    this.#expiry.forgetAll()
  }

  #end(group: LiveGroup): void {
    if (group.type === 'classic') this.#classic.end(group)
    else this.#consumer.end(group)
  }

  async #isKnown(scope: TenantScope, groupId: string): Promise<boolean> {
    return (
      (await this.#directory.records.find(scope, groupId)) !== undefined || (await this.#hasOffsets(scope, groupId))
    )
  }

  /** A name costs a client nothing: those without members are counted before one more gets offsets. */
  async #mayHaveOffsets(scope: TenantScope, groupId: string): Promise<boolean> {
    if (!isGroupId(groupId) || this.#directory.find(scope, groupId)) return true
    if (await this.#hasOffsets(scope, groupId)) return true
    return (await scope.log.groups()).length < this.#directory.groupsMax(scope)
  }

  async #hasOffsets(scope: TenantScope, groupId: string): Promise<boolean> {
    return (await scope.log.committedOffsets(groupId)).length > 0
  }
}
