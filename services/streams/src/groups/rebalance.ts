import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { Member } from './member.ts'
import { refuse } from './outcomes.ts'
import { heard } from './sessions.ts'

/** Begins to gather the members anew. */
export function beginGathering(group: Group, context: GroupContext, why: string): void {
  context.logger.debug({ group: group.id, generation: group.generation, why }, 'group rebalances')
  for (const member of group.members.values()) member.settleSync(refuse('rebalance-in-progress'))
  group.unsynced.clear()
  group.isInInitialDelay = group.phase === 'empty' && context.limits.initialRebalanceDelayMs > 0
  group.hasNewcomer = false
  group.gatheringSinceMs = context.clock.monotonic()
  group.phase = 'gathering'
  armGathering(group, context)
  endGatheringIfComplete(group, context)
}

function armGathering(group: Group, context: GroupContext): void {
  const { clock, limits } = context
  const leftMs = Math.max(0, group.gatheringSinceMs + group.rebalanceTimeoutMs - clock.monotonic())
  const timeoutMs = group.isInInitialDelay ? Math.min(limits.initialRebalanceDelayMs, leftMs) : group.rebalanceTimeoutMs
  group.phaseTimer?.cancel()
  group.phaseTimer = clock.after(timeoutMs, () => {
    if (group.isInInitialDelay) endInitialDelay(group, context)
    else endGathering(group, context)
  })
}

/** As long as others come there may be more of them: the delay goes on by turns, up to the rebalance timeout. */
function endInitialDelay(group: Group, context: GroupContext): void {
  const isOver = context.clock.monotonic() - group.gatheringSinceMs >= group.rebalanceTimeoutMs
  group.isInInitialDelay = group.hasNewcomer && !isOver
  group.hasNewcomer = false
  armGathering(group, context)
  endGatheringIfComplete(group, context)
}

/** Ends the gathering when everybody is there, those with a promised id included. */
export function endGatheringIfComplete(group: Group, context: GroupContext): void {
  if (group.phase !== 'gathering' || group.isInInitialDelay || group.promised.size > 0) return
  if ([...group.members.values()].every((member) => member.isJoining)) endGathering(group, context)
}

/** Begins a generation with those who have joined. A static member that is late keeps its place until its session ends. */
function endGathering(group: Group, context: GroupContext): void {
  group.phaseTimer?.cancel()
  for (const member of group.members.values()) {
    if (!member.isJoining && member.instanceId === null) group.remove(member)
  }
  if (group.members.size === 0) return becomeEmpty(group, context)
  const present = [...group.members.values()].filter((member) => member.isJoining)
  if (present.length === 0) return armGathering(group, context)
  if (!group.members.get(group.leaderId)?.isJoining) group.leaderId = present[0]!.id
  beginGeneration(group, context)
}

function beginGeneration(group: Group, context: GroupContext): void {
  group.nextGeneration()
  group.phase = 'assigning'
  group.protocolName = group.electProtocol()
  group.unsynced.clear()
  for (const member of group.members.values()) {
    if (!member.isJoining) continue
    group.unsynced.add(member.id)
    heard(group, member, context)
    member.settleJoin(group.joined(member))
  }
  group.phaseTimer = context.clock.after(group.rebalanceTimeoutMs, () => dropUnsynced(group, context))
}

/** A member that never asks for its assignment would leave its partitions unread. */
function dropUnsynced(group: Group, context: GroupContext): void {
  const late = [...group.unsynced].map((id) => group.members.get(id)).filter((member) => member !== undefined)
  for (const member of late) removeMember(group, member)
  if (late.length > 0) afterRemoval(group, context, 'members did not sync in time')
}

/** Takes a member out, and answers whatever it waits for. The caller goes on with `afterRemoval`. */
export function removeMember(group: Group, member: Member): void {
  group.remove(member)
  member.settleJoin(refuse('unknown-member'))
  member.settleSync(refuse('unknown-member'))
}

export function afterRemoval(group: Group, context: GroupContext, why: string): void {
  if (group.members.size === 0 && group.phase !== 'gathering') becomeEmpty(group, context)
  else if (group.members.size === 0 && group.promised.size === 0) becomeEmpty(group, context)
  else if (group.phase === 'gathering') endGatheringIfComplete(group, context)
  else beginGathering(group, context, why)
}

function becomeEmpty(group: Group, context: GroupContext): void {
  group.phaseTimer?.cancel()
  group.phase = 'empty'
  group.isInInitialDelay = false
  group.nextGeneration()
  group.protocolName = ''
  group.leaderId = ''
  if (group.isDeserted) context.onDeserted(group)
}
