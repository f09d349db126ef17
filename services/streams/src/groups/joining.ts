import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { Member, type MemberTerms } from './member.ts'
import { type JoinOutcome, refuse } from './outcomes.ts'
import { beginGathering, endGatheringIfComplete, removeMember } from './rebalance.ts'
import { heard, promise, withdrawPromise } from './sessions.ts'

export interface JoinRequest extends MemberTerms {
  /** Empty for a member that has none yet. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly protocolType: string
  /** Whether a dynamic member without an id is told one first and joins with it (KIP-394). */
  readonly requiresKnownId: boolean
  /** The leader of an unchanged group can be told that there is nothing to assign (KIP-814). */
  readonly canSkipAssignment: boolean
  /** A fresh id for this member. */
  readonly newMemberId: string
}

/** The rules by which a member gets into a group, or on to its next generation. */
export function join(group: Group, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  return request.memberId === '' ? joinNew(group, request, context) : joinKnown(group, request, context)
}

const answer = (outcome: JoinOutcome): Promise<JoinOutcome> => Promise.resolve(outcome)

function joinNew(group: Group, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  const { instanceId, newMemberId } = request
  const heldId = instanceId === null ? undefined : group.staticMemberId(instanceId)
  const held = heldId === undefined ? undefined : group.members.get(heldId)
  if (!group.accepts(request.protocolType, request.protocols, held)) return answer(refuse('inconsistent-protocol'))
  if (held) return replaceStatic(group, held, request, context)
  if (group.members.size + group.promised.size >= context.limits.membersPerGroup) return answer(refuse('group-full'))
  if (instanceId === null && request.requiresKnownId) {
    promise(group, newMemberId, request.sessionTimeoutMs, context)
    return answer({ ok: false, reason: 'member-id-required', memberId: newMemberId })
  }
  return add(group, new Member(newMemberId, instanceId, request), request, context)
}

function joinKnown(group: Group, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  const { memberId, instanceId, protocolType, protocols } = request
  if (withdrawPromise(group, memberId)) {
    if (!group.accepts(protocolType, protocols)) return answer(refuse('inconsistent-protocol'))
    return add(group, new Member(memberId, instanceId, request), request, context)
  }
  const member = group.members.get(memberId)
  if (instanceId !== null && isFenced(group, memberId, instanceId)) return answer(refuse('fenced-instance'))
  if (!member) return answer(refuse('unknown-member'))
  if (!group.accepts(protocolType, protocols, member)) return answer(refuse('inconsistent-protocol'))
  return rejoin(group, member, request, context)
}

/** Whether another process has taken the static member's place. */
export function isFenced(group: Group, memberId: string, instanceId: string): boolean {
  const current = group.staticMemberId(instanceId)
  return current !== undefined && current !== memberId
}

function add(group: Group, member: Member, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  if (group.members.size === 0) group.protocolType = request.protocolType
  group.add(member)
  group.hasNewcomer = true
  return gatherWith(group, member, context, 'a member joins')
}

function gatherWith(group: Group, member: Member, context: GroupContext, why: string): Promise<JoinOutcome> {
  const joined = member.awaitJoin()
  heard(group, member, context)
  if (group.phase === 'gathering') endGatheringIfComplete(group, context)
  else beginGathering(group, context, why)
  return joined
}

function rejoin(group: Group, member: Member, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  const isUnchanged = member.hasProtocols(request.protocols)
  newTerms(member, request)
  if (group.members.size === 1) group.protocolType = request.protocolType
  // The answer to its last join was lost, or a follower asks again: the generation goes on. A leader that joins again
  // wants a new assignment.
  const goesOn = group.phase === 'assigning' || (group.phase === 'stable' && member.id !== group.leaderId)
  if (isUnchanged && goesOn) {
    heard(group, member, context)
    return answer(group.joined(member))
  }
  return gatherWith(group, member, context, isUnchanged ? 'the leader joins again' : 'a member changes its protocols')
}

/** A shorter session timeout takes effect at once: the timer of the longer one would come too late for it. */
function newTerms(member: Member, terms: MemberTerms): void {
  if (terms.sessionTimeoutMs < member.terms.sessionTimeoutMs) {
    member.sessionTimer?.cancel()
    member.sessionTimer = undefined
  }
  member.terms = terms
}

/**
 * A static member comes back under a new id and fences its old one. A stable group stays as it is, unless what it can do
 * has changed.
 */
function replaceStatic(group: Group, held: Member, request: JoinRequest, context: GroupContext): Promise<JoinOutcome> {
  const wasLeader = group.leaderId === held.id
  const oldLeaderId = group.leaderId
  const isUnchanged = held.hasProtocols(request.protocols)
  removeMember(group, held)
  const member = new Member(request.newMemberId, held.instanceId, request)
  member.assignment = held.assignment
  if (group.members.size === 0) group.protocolType = request.protocolType
  group.add(member)
  if (wasLeader) group.leaderId = member.id
  if (group.phase !== 'stable' || !isUnchanged) return gatherWith(group, member, context, 'a static member came back')
  heard(group, member, context)
  const joined = group.joined(member)
  if (!joined.ok || !wasLeader) return answer(joined)
  // A leader that can't be told to skip the assignment is told that the leader is somebody else.
  return answer(
    request.canSkipAssignment ? { ...joined, skipAssignment: true } : { ...joined, leaderId: oldLeaderId, members: [] },
  )
}
