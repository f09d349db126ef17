import type { TenantScope } from '@koine/stores-ports'
import { expire, forgetPromise } from './expiring.ts'
import { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { type CoordinatorOptions, type GroupDirectory, isGroupId } from './group-directory.ts'
import { join, type JoinRequest } from './joining.ts'
import { leave, type Leaver } from './leaving.ts'
import type { MemberTerms } from './member.ts'
import { type GroupFailure, type HeartbeatOutcome, type JoinOutcome, refuse, type SyncOutcome } from './outcomes.ts'
import { heartbeat, type MemberClaim, sync, type SyncRequest } from './syncing.ts'

export type GroupJoin = Omit<JoinRequest, 'newMemberId'> & { readonly groupId: string }
export type GroupSync = SyncRequest & { readonly groupId: string }

/** The classic protocol: members join, the group elects a leader among them, the leader assigns, and all heartbeat. */
export class ClassicGroups {
  readonly #options: CoordinatorOptions
  readonly #directory: GroupDirectory

  constructor(options: CoordinatorOptions, directory: GroupDirectory) {
    this.#options = options
    this.#directory = directory
  }

  /** Resolves when the group has gathered, which may take up to the rebalance timeout. */
  async join(scope: TenantScope, request: GroupJoin): Promise<JoinOutcome> {
    const problem = this.#joinProblem(request)
    if (problem) return refuse(problem)
    if (!this.#directory.hasRoom(scope, { ...request, terms: request })) return refuse('group-full')
    const group = this.#directory.find(scope, request.groupId) ?? this.#make(scope, request)
    if (typeof group === 'string') return refuse(group)
    // Members of one protocol don't know what to make of the other's.
    if (group.type !== 'classic') return refuse(request.memberId === '' ? 'inconsistent-protocol' : 'unknown-member')
    const newMemberId = `${request.instanceId ?? (request.clientId || 'member')}-${this.#randomName()}`
    const joining = join(group, { ...request, ...this.#kept(request), newMemberId }, this.contextOf(scope))
    this.#directory.settle(scope, group)
    return joining
  }

  /** Resolves when the leader has assigned. */
  async sync(scope: TenantScope, request: GroupSync): Promise<SyncOutcome> {
    const group = this.#find(scope, request.groupId)
    if (!group) return refuse('unknown-member')
    const assigned = [...request.assignments.values()]
    if (assigned.some((each) => each.length > this.#options.limits.memberBytesMax)) return refuse('too-large')
    if (!this.#directory.hasRoomFor(scope, kept(group, request.assignments))) return refuse('too-large')
    const synced = sync(group, request, this.contextOf(scope))
    this.#directory.settle(scope, group)
    return synced
  }

  heartbeat(scope: TenantScope, claim: MemberClaim & { readonly groupId: string }): HeartbeatOutcome {
    const group = this.#find(scope, claim.groupId)
    return group ? heartbeat(group, claim, this.contextOf(scope)) : refuse('unknown-member')
  }

  leave(scope: TenantScope, group: Group, leavers: readonly Leaver[]): readonly (GroupFailure | undefined)[] {
    return leave(group, leavers, this.contextOf(scope))
  }

  contextOf(scope: TenantScope): GroupContext {
    const { clock, logger, limits } = this.#options
    const settled = (group: Group): void => this.#directory.settle(scope, group)
    const context: GroupContext = {
      clock,
      logger,
      limits,
      onDeserted: settled,
      onSilent: (group, member) => expire(group, member, context),
      onUnused: (group, memberId) => forgetPromise(group, memberId, context),
    }
    return context
  }

  /** Tells all who wait that they aren't members any more. */
  end(group: Group): void {
    group.phaseTimer?.cancel()
    for (const timer of group.promised.values()) timer.cancel()
    for (const member of group.members.values()) {
      member.sessionTimer?.cancel()
      member.settleJoin(refuse('unknown-member'))
      member.settleSync(refuse('unknown-member'))
    }
  }

  #find(scope: TenantScope, groupId: string): Group | undefined {
    const group = this.#directory.find(scope, groupId)
    return group?.type === 'classic' ? group : undefined
  }

  #make(scope: TenantScope, { groupId, memberId }: GroupJoin): Group | GroupFailure {
    if (memberId !== '') return 'unknown-member'
    if (this.#directory.isFull(scope)) return 'too-many-groups'
    const group = new Group(groupId)
    this.#directory.add(scope, group)
    return group
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

/** Bytes of the assignments that members get, less what they have. */
const kept = ({ members }: Group, assignments: ReadonlyMap<string, Uint8Array>): number =>
  assignments
    .entries()
    .map(([memberId, { length }]) => ({ member: members.get(memberId), length }))
    .reduce((sum, { member, length }) => sum + (member ? length - member.assignment.length : 0), 0)
