import type { ConsumerContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerHeartbeat } from './consumer-heartbeat.ts'
import { type ConsumerMember, epochs } from './consumer-member.ts'
import { type ConsumerHeartbeatOutcome, type ConsumerRefusal, refusal } from './consumer-outcomes.ts'
import { expel, watchRevoking } from './consumer-sessions.ts'
import { PartitionSet } from './partition-set.ts'

/** The rules of a member's last heartbeat. A static one that is to come back keeps its place until its session ends. */
export function depart(
  group: ConsumerGroup,
  request: ConsumerHeartbeat,
  context: ConsumerContext,
): ConsumerHeartbeatOutcome {
  const member = leaverOf(group, request)
  if ('ok' in member) return member
  if (request.memberEpoch === epochs.away) stepOut(group, member, context)
  else expel(group, member, context, 'a member leaves')
  const { memberId, memberEpoch } = request
  return { ok: true, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null }
}

function leaverOf(group: ConsumerGroup, { memberId, instanceId }: ConsumerHeartbeat): ConsumerMember | ConsumerRefusal {
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member) return refusal('unknown-member', `The group has no member ${instanceId ?? memberId}.`)
  if (member.id === memberId) return member
  return refusal('fenced-instance', `The instance id ${instanceId} is another member's now.`)
}

/** What it was to give up it doesn't read any more; the rest waits for it. */
function stepOut(group: ConsumerGroup, member: ConsumerMember, context: ConsumerContext): void {
  group.hold(member, member.assigned, PartitionSet.empty)
  member.state = 'stable'
  member.epoch = member.previousEpoch = epochs.away
  watchRevoking(group, member, context)
}
