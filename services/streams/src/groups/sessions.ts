import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { Member } from './member.ts'

/** Notes a sign of life. The timer isn't moved each time: when it fires it looks how long ago the last sign was. */
export function heard(group: Group, member: Member, context: GroupContext): void {
  member.heardAtMs = context.clock.monotonic()
  if (!member.sessionTimer) arm(group, member, context, member.terms.sessionTimeoutMs)
}

function arm(group: Group, member: Member, context: GroupContext, afterMs: number): void {
  member.sessionTimer = context.clock.after(afterMs, () => {
    const silentMs = context.clock.monotonic() - member.heardAtMs
    const leftMs = member.terms.sessionTimeoutMs - silentMs
    // Who waits for us can't be expected to say anything.
    if (member.isWaiting) arm(group, member, context, member.terms.sessionTimeoutMs)
    else if (leftMs > 0) arm(group, member, context, leftMs)
    else context.onSilent(group, member)
  })
}

/** Keeps a place for a member that was told its id and is to join with it. */
export function promise(group: Group, memberId: string, sessionTimeoutMs: number, context: GroupContext): void {
  const timer = context.clock.after(sessionTimeoutMs, () => context.onUnused(group, memberId))
  group.promised.set(memberId, timer)
}

/** @returns whether there was a promise */
export function withdrawPromise(group: Group, memberId: string): boolean {
  group.promised.get(memberId)?.cancel()
  return group.promised.delete(memberId)
}
