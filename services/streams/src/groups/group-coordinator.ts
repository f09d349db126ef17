import type { Clock, Logger, Randomness } from '@koine/base'
import { type CommittedOffset, logLimits, type Partition, type TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { describe, type GroupDescription, type GroupListing, listing } from './describing.ts'
import { expire, forgetPromise } from './expiring.ts'
import { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { join, type JoinRequest } from './joining.ts'
import { leave, type Leaver } from './leaving.ts'
import type { MemberTerms } from './member.ts'
import { commitProblem, type OffsetFailure, storedOffsets, storeOffsets } from './offsets.ts'
import { type GroupFailure, type HeartbeatOutcome, type JoinOutcome, refuse, type SyncOutcome } from './outcomes.ts'
import { heartbeat, type MemberClaim, sync, type SyncRequest } from './syncing.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly limits: StreamsLimits
}

export type GroupJoin = Omit<JoinRequest, 'newMemberId'> & { readonly groupId: string }
export type GroupSync = SyncRequest & { readonly groupId: string }
export type GroupClaim = MemberClaim & { readonly groupId: string }

/**
 * Consumer groups by the classic protocol: members join, the group elects a leader among them, the leader assigns, and all
 * heartbeat. Membership lives in memory, so that after a restart members join anew; committed offsets live in the log.
 */
export class GroupCoordinator {
  readonly #options: CoordinatorOptions
  readonly #tenants = new Map<string, Map<string, Group>>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
  }

  /** Resolves when the group has gathered, which may take up to the rebalance timeout. */
  async join(scope: TenantScope, request: GroupJoin): Promise<JoinOutcome> {
    const problem = this.#joinProblem(request)
    if (problem) return refuse(problem)
    const group = this.#group(scope, request.groupId) ?? this.#make(scope, request)
    if (typeof group === 'string') return refuse(group)
    const newMemberId = `${request.instanceId ?? (request.clientId || 'member')}-${this.#randomName()}`
    const joining = join(group, { ...request, ...this.#kept(request), newMemberId }, this.#context(scope))
    if (group.isDeserted) this.#drop(scope.tenantId, group)
    return joining
  }

  /** Resolves when the leader has assigned. */
  async sync(scope: TenantScope, request: GroupSync): Promise<SyncOutcome> {
    const group = this.#group(scope, request.groupId)
    if (!group) return refuse('unknown-member')
    const assigned = [...request.assignments.values()]
    if (assigned.some((each) => each.length > this.#options.limits.memberBytesMax)) return refuse('too-large')
    return sync(group, request, this.#context(scope))
  }

  heartbeat(scope: TenantScope, claim: GroupClaim): HeartbeatOutcome {
    const group = this.#group(scope, claim.groupId)
    return group ? heartbeat(group, claim, this.#context(scope)) : refuse('unknown-member')
  }

  leave(scope: TenantScope, groupId: string, leavers: readonly Leaver[]): readonly (GroupFailure | undefined)[] {
    const group = this.#group(scope, groupId)
    return group ? leave(group, leavers, this.#context(scope)) : leavers.map(() => 'unknown-member')
  }

  /** @returns why each offset couldn't be committed; undefined for those that are durable */
  async commit(
    scope: TenantScope,
    claim: GroupClaim,
    offsets: readonly CommittedOffset[],
  ): Promise<readonly (OffsetFailure | undefined)[]> {
    if (!isGroupId(claim.groupId)) return offsets.map(() => 'invalid-group-id')
    const problem = commitProblem(this.#group(scope, claim.groupId), claim, this.#context(scope))
    return problem ? offsets.map(() => problem) : storeOffsets(scope, claim.groupId, offsets)
  }

  committed(
    scope: TenantScope,
    groupId: string,
    partitions?: readonly Partition[],
  ): Promise<readonly CommittedOffset[]> {
    return isGroupId(groupId) ? storedOffsets(scope, groupId, partitions) : Promise.resolve([])
  }

  /** Undefined when it has neither members nor committed offsets. */
  async describe(scope: TenantScope, groupId: string): Promise<GroupDescription | undefined> {
    const group = this.#group(scope, groupId)
    if (group) return describe(group)
    const offsets = await this.committed(scope, groupId)
    return offsets.length > 0 ? describe(new Group(groupId)) : undefined
  }

  /** By name: groups with members, and those with committed offsets. */
  async list(scope: TenantScope): Promise<readonly GroupListing[]> {
    const live = this.#tenants.get(scope.tenantId) ?? new Map<string, Group>()
    const names = new Set([...live.keys(), ...(await scope.log.groups())])
    return [...names].sort().map((name) => listing(live.get(name) ?? new Group(name)))
  }

  /** Forgets a group without members, its committed offsets included. */
  async delete(
    scope: TenantScope,
    groupId: string,
  ): Promise<{ ok: true } | { ok: false; reason: 'not-empty' | 'no-such-group' }> {
    const group = this.#group(scope, groupId)
    if (group && !group.isDeserted) return { ok: false, reason: 'not-empty' }
    const offsets = await this.committed(scope, groupId)
    if (offsets.length === 0) return { ok: false, reason: 'no-such-group' }
    await scope.log.deleteOffsets(groupId)
    return { ok: true }
  }

  /** Groups that have members, of all tenants. */
  get liveGroups(): number {
    return [...this.#tenants.values()].reduce((sum, groups) => sum + groups.size, 0)
  }

  /** Ends every group of the tenant; whoever waits is told that it isn't a member. */
  forget(tenantId: string): void {
    for (const group of this.#tenants.get(tenantId)?.values() ?? []) end(group)
    this.#tenants.delete(tenantId)
  }

  forgetAll(): void {
    for (const tenantId of this.#tenants.keys()) this.forget(tenantId)
  }

  #group(scope: TenantScope, groupId: string): Group | undefined {
    return this.#tenants.get(scope.tenantId)?.get(groupId)
  }

  #make(scope: TenantScope, { groupId, memberId }: GroupJoin): Group | GroupFailure {
    if (memberId !== '') return 'unknown-member'
    let groups = this.#tenants.get(scope.tenantId)
    if (!groups) this.#tenants.set(scope.tenantId, (groups = new Map<string, Group>()))
    if (groups.size >= this.#options.limits.groups) return 'too-many-groups'
    const group = new Group(groupId)
    groups.set(groupId, group)
    return group
  }

  #context(scope: TenantScope): GroupContext {
    const { clock, logger, limits } = this.#options
    const { tenantId } = scope
    const context: GroupContext = {
      clock,
      logger,
      limits,
      onDeserted: (group) => this.#drop(tenantId, group),
      onSilent: (group, member) => expire(group, member, context),
      onUnused: (group, memberId) => forgetPromise(group, memberId, context),
    }
    return context
  }

  #drop(tenantId: string, group: Group): void {
    const groups = this.#tenants.get(tenantId)
    if (groups?.get(group.id) === group) groups.delete(group.id)
    if (groups?.size === 0) this.#tenants.delete(tenantId)
  }

  #joinProblem({ groupId, sessionTimeoutMs, protocols }: GroupJoin): GroupFailure | undefined {
    const { sessionTimeoutMsMin, sessionTimeoutMsMax, memberBytesMax, protocolsPerMember } = this.#options.limits
    if (!isGroupId(groupId)) return 'invalid-group-id'
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      return 'invalid-session-timeout'
    }
    if (protocols.length > protocolsPerMember) return 'too-large'
    const bytes = protocols.reduce((sum, { name, metadata }) => sum + Buffer.byteLength(name) + metadata.length, 0)
    return bytes > memberBytesMax ? 'too-large' : undefined
  }

  /** What the group keeps of a join, within bounds and apart from the request's bytes. */
  #kept({ rebalanceTimeoutMs, sessionTimeoutMs, protocols }: GroupJoin): Partial<MemberTerms> {
    const { rebalanceTimeoutMsMin, rebalanceTimeoutMsMax } = this.#options.limits
    const wantedMs = rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs
    return {
      rebalanceTimeoutMs: Math.min(Math.max(wantedMs, rebalanceTimeoutMsMin), rebalanceTimeoutMsMax),
      protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) })),
    }
  }

  #randomName(): string {
    return Buffer.from(this.#options.randomness.fill(new Uint8Array(16))).toString('hex')
  }
}

const isGroupId = (groupId: string): boolean =>
  groupId !== '' && !groupId.includes('\u0000') && Buffer.byteLength(groupId) <= logLimits.groupNameBytes

function end(group: Group): void {
  group.phaseTimer?.cancel()
  for (const timer of group.promised.values()) timer.cancel()
  for (const member of group.members.values()) {
    member.sessionTimer?.cancel()
    member.settleJoin(refuse('unknown-member'))
    member.settleSync(refuse('unknown-member'))
  }
}
