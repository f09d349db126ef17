import type { ConsumerContext, ExpelContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** Notes a sign of life. The timer isn't moved each time: when it fires it looks how long ago the last sign was. */
export function heardOf(group: ConsumerGroup, member: ConsumerMember, context: ConsumerContext): void {
  const { sessionTimeoutMs } = context.settings
  member.heardAtMs = context.clock.monotonic()
  if (sessionTimeoutMs < member.sessionTimeoutMs) {
    member.sessionTimer?.cancel()
    member.sessionTimer = undefined
  }
  member.sessionTimeoutMs = sessionTimeoutMs
  if (!member.sessionTimer) arm(group, member, context, sessionTimeoutMs)
}

function arm(group: ConsumerGroup, member: ConsumerMember, context: ConsumerContext, afterMs: number): void {
  member.sessionTimer = context.clock.after(afterMs, () => {
    const leftMs = member.sessionTimeoutMs - (context.clock.monotonic() - member.heardAtMs)
    if (leftMs > 0) arm(group, member, context, leftMs)
    else expel(group, member, context, 'a member was silent for its session timeout')
  })
}

/** Gives a member that is to revoke partitions its rebalance timeout for that, from when it is first asked. */
export function watchRevoking(group: ConsumerGroup, member: ConsumerMember, context: ConsumerContext): void {
  const asked = member.state === 'unrevoked' ? member.epoch : undefined
  if (member.revokingSince === asked) return
  member.revokingSince = asked
  member.rebalanceTimer?.cancel()
  if (asked === undefined) return
  member.rebalanceTimer = context.clock.after(member.terms.rebalanceTimeoutMs, () =>
    expel(group, member, context, 'a member did not revoke its partitions in time'),
  )
}

/** Takes a member out; what it had is free. The next of the others' heartbeats makes a new target. */
export function expel(group: ConsumerGroup, member: ConsumerMember, context: ExpelContext, why: string): void {
  if (group.members.get(member.id) !== member) return
  context.logger.debug({ group: group.id, member: member.id, why }, 'a member is out of its group')
  group.remove(member)
  group.epoch++
  if (group.isDeserted) context.onDeserted(group)
}
