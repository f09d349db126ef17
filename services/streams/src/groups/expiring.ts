import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { Member } from './member.ts'
import { afterRemoval, endGatheringIfComplete, removeMember } from './rebalance.ts'
import { withdrawPromise } from './sessions.ts'

/** Takes out a member that was silent for its session timeout. */
export function expire(group: Group, member: Member, context: GroupContext): void {
  if (group.members.get(member.id) !== member) return
  context.logger.debug({ group: group.id, member: member.id }, 'group member expired')
  removeMember(group, member)
  afterRemoval(group, context, 'a member was silent for its session timeout')
}

/** No longer waits for a member that was told its id and never joined with it. */
export function forgetPromise(group: Group, memberId: string, context: GroupContext): void {
  withdrawPromise(group, memberId)
  if (group.isDeserted) context.onDeserted(group)
  else endGatheringIfComplete(group, context)
}
