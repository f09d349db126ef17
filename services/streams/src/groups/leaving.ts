import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { isFenced } from './joining.ts'
import { type GroupFailure } from './outcomes.ts'
import { afterRemoval, endGatheringIfComplete, removeMember } from './rebalance.ts'
import { withdrawPromise } from './sessions.ts'

export interface Leaver {
  /** May be empty for a static member. */
  readonly memberId: string
  readonly instanceId: string | null
}

/** @returns why each of them can't leave; undefined for those that have left */
export function leave(
  group: Group,
  leavers: readonly Leaver[],
  context: GroupContext,
): readonly (GroupFailure | undefined)[] {
  const size = group.members.size
  const failures = leavers.map((leaver) => leaveOne(group, leaver))
  if (group.members.size < size) afterRemoval(group, context, 'a member leaves')
  else if (group.isDeserted) context.onDeserted(group)
  else endGatheringIfComplete(group, context)
  return failures
}

function leaveOne(group: Group, { memberId, instanceId }: Leaver): GroupFailure | undefined {
  if (instanceId === null && withdrawPromise(group, memberId)) return undefined
  const staticId = instanceId === null ? undefined : group.staticMemberId(instanceId)
  if (instanceId !== null && staticId === undefined) return 'unknown-member'
  if (instanceId !== null && memberId !== '' && isFenced(group, memberId, instanceId)) return 'fenced-instance'
  const member = group.members.get(staticId ?? memberId)
  if (!member) return 'unknown-member'
  removeMember(group, member)
  return undefined
}
