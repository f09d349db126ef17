import type { ConsumerContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerHeartbeat, isFull } from './consumer-heartbeat.ts'
import { ConsumerMember, type ConsumerTerms, epochs } from './consumer-member.ts'
import { type ConsumerHeartbeatOutcome, type ConsumerRefusal, refusal } from './consumer-outcomes.ts'
import { heardOf, watchRevoking } from './consumer-sessions.ts'
import { PartitionSet } from './partition-set.ts'
import { reconcile } from './reconciling.ts'
import { resolveSubscriptions } from './subscribing.ts'
import { retarget } from './targeting.ts'
import { asksForAssignment, isOtherSubscription, termsAfter } from './terms.ts'

/** Takes a member in, or on: the rules of a heartbeat that isn't the member's last. It changes the group at once or not at all. */
export function consume(
  group: ConsumerGroup,
  request: ConsumerHeartbeat,
  context: ConsumerContext,
): ConsumerHeartbeatOutcome {
  const owned = request.owned && PartitionSet.of(request.owned)
  const known = knownMember(group, request, owned)
  if (known && 'ok' in known) return known
  if (!known && group.members.size >= context.limits.membersPerGroup) {
    return refusal('group-full', `A group has at most ${context.limits.membersPerGroup} members.`)
  }
  const terms = termsAfter(request, known?.terms, group, context)
  if ('ok' in terms) return terms
  const before = known?.terms
  const member = enter(group, known, request, terms)
  const had = member.assigned
  update(group, member, before, context)
  reconcile(group, member, owned)
  watchRevoking(group, member, context)
  heardOf(group, member, context)
  const isTold = isFull(request) || request.memberEpoch === epochs.joining || !had.equals(member.assigned)
  return {
    ok: true,
    memberId: member.id,
    memberEpoch: member.epoch,
    heartbeatIntervalMs: context.settings.heartbeatIntervalMs,
    assignment: isTold ? member.assigned.topics() : null,
  }
}

/** The member that the heartbeat is of: for one that joins statically, whoever has its place. */
function knownMember(
  group: ConsumerGroup,
  { memberId, memberEpoch, instanceId }: ConsumerHeartbeat,
  owned: PartitionSet | null,
): ConsumerMember | ConsumerRefusal | undefined {
  const holder = instanceId === null ? undefined : group.staticMember(instanceId)
  const member = holder ?? (instanceId === null ? group.members.get(memberId) : undefined)
  if (memberEpoch === epochs.joining) {
    if (member?.id === memberId) return member
    if (!member || member.isAway) return sameIdElsewhere(group, memberId) ?? member
    const message = `The instance id ${instanceId} is in use by member ${member.id}, which has not left.`
    return refusal('unreleased-instance', message)
  }
  if (!member) return refusal('unknown-member', `The group has no member ${instanceId ?? memberId}.`)
  if (member.id !== memberId) {
    return refusal('fenced-instance', `The instance id ${instanceId} is another member's now.`)
  }
  return epochProblem(member, memberEpoch, owned) ?? member
}

/** A member may not come back as another: one id is one member. */
function sameIdElsewhere(group: ConsumerGroup, memberId: string): ConsumerRefusal | undefined {
  if (memberId === '' || !group.members.has(memberId)) return undefined
  return refusal('invalid-request', `Member ${memberId} is in the group under another instance id.`)
}

function epochProblem(member: ConsumerMember, epoch: number, owned: PartitionSet | null): ConsumerRefusal | undefined {
  if (epoch === member.epoch) return undefined
  // The answer that told the new epoch may have been lost: a member that has nothing else than it was given goes on.
  const missedAnswer = epoch === member.previousEpoch && owned?.isSubsetOf(member.assigned)
  if (missedAnswer) return undefined
  return refusal('fenced-epoch', `Member ${member.id} is at epoch ${member.epoch}, not ${epoch}: join again.`)
}

function enter(
  group: ConsumerGroup,
  known: ConsumerMember | undefined,
  request: ConsumerHeartbeat,
  terms: ConsumerTerms,
): ConsumerMember {
  if (known?.id === request.memberId) {
    known.terms = terms
    return known
  }
  const member = new ConsumerMember(request.memberId, request.instanceId, terms)
  if (known) {
    group.replace(known, member)
    member.topicIds = known.topicIds
  } else group.add(member)
  return member
}

/** Brings the group's epoch and target up to what its members want and which topics there are. */
function update(
  group: ConsumerGroup,
  member: ConsumerMember,
  before: ConsumerTerms | undefined,
  context: ConsumerContext,
): void {
  const changed = isOtherSubscription(before, member.terms) ? member : undefined
  const isOther = resolveSubscriptions(group, context.topics, changed)
  if (isOther || asksForAssignment(before, member)) group.epoch++
  if (group.epoch > group.assignmentEpoch) retarget(group, context)
}
