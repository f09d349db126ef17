import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { Member } from './member.ts'
import { isFenced } from './joining.ts'
import { type GroupFailure, type HeartbeatOutcome, refuse, type SyncOutcome } from './outcomes.ts'
import { heard } from './sessions.ts'

export interface MemberClaim {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface SyncRequest extends MemberClaim {
  /** Null when the client doesn't say. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** The leader's, by member id. */
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

/** The member that a claim is of, or why it isn't. */
export function memberOf(group: Group, { memberId, instanceId, generation }: MemberClaim): Member | GroupFailure {
  if (instanceId !== null && isFenced(group, memberId, instanceId)) return 'fenced-instance'
  const member = group.members.get(memberId)
  if (!member) return 'unknown-member'
  return generation === group.generation ? member : 'illegal-generation'
}

export function sync(group: Group, request: SyncRequest, context: GroupContext): Promise<SyncOutcome> | SyncOutcome {
  const member = memberOf(group, request)
  if (typeof member === 'string') return refuse(member)
  if (isOther(request.protocolType, group.protocolType) || isOther(request.protocolName, group.protocolName)) {
    return refuse('inconsistent-protocol')
  }
  if (group.phase === 'gathering') return refuse('rebalance-in-progress')
  heard(group, member, context)
  noteSynced(group, member)
  if (group.phase === 'stable') return group.synced(member)
  const synced = member.awaitSync()
  if (member.id === group.leaderId) assign(group, request.assignments, context)
  return synced
}

const isOther = (claimed: string | null, actual: string): boolean => claimed !== null && claimed !== actual

function noteSynced(group: Group, member: Member): void {
  group.unsynced.delete(member.id)
  if (group.unsynced.size === 0) group.phaseTimer?.cancel()
}

const nothing = new Uint8Array(0)

function assign(group: Group, assignments: ReadonlyMap<string, Uint8Array>, context: GroupContext): void {
  group.phase = 'stable'
  for (const member of group.members.values()) {
    // Copied, so as not to keep the whole request.
    member.assignment = Uint8Array.from(assignments.get(member.id) ?? nothing)
    if (member.isWaiting) heard(group, member, context)
    member.settleSync(group.synced(member))
  }
}

export function heartbeat(group: Group, claim: MemberClaim, context: GroupContext): HeartbeatOutcome {
  const member = memberOf(group, claim)
  if (typeof member === 'string') return refuse(member)
  heard(group, member, context)
  return group.phase === 'gathering' ? refuse('rebalance-in-progress') : { ok: true }
}
