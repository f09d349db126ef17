import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember, ReconcilingState } from './consumer-member.ts'
import { PartitionSet } from './partition-set.ts'

/**
 * Takes a member one step towards its target: it gives up first, and is given a partition only when nobody has it.
 * @param owned what the member says that it has; null when it doesn't say
 */
export function reconcile(group: ConsumerGroup, member: ConsumerMember, owned: PartitionSet | null): void {
  if (member.state === 'unrevoked') {
    if (!hasGivenUp(member.revoking, owned)) return
    // The request that said so is of the epoch before: it is to count once.
    advance(group, member, owned, member.epoch + 1)
  } else if (member.state === 'unreleased' || member.epoch !== group.assignmentEpoch) {
    advance(group, member, owned, member.epoch)
  }
}

const hasGivenUp = (revoking: PartitionSet, owned: PartitionSet | null): boolean =>
  owned !== null && !revoking.intersects(owned)

function advance(group: ConsumerGroup, member: ConsumerMember, owned: PartitionSet | null, epoch: number): void {
  const target = group.targetOf(member.id)
  const kept = member.assigned.and(target)
  const revoking = member.assigned.without(target)
  if (revoking.size > 0 && !hasGivenUp(revoking, owned)) {
    group.hold(member, kept, revoking)
    return settle(member, epoch, 'unrevoked')
  }
  const missing = target.without(kept)
  // What it has been asked to give up before is free again, unless it is to have it after all.
  const free = missing.filter((topicId, partition) => {
    const owner = group.ownerOf(topicId, partition)
    return owner === undefined || owner === member.id
  })
  group.hold(member, kept.with(free), PartitionSet.empty)
  settle(member, group.assignmentEpoch, free.size < missing.size ? 'unreleased' : 'stable')
}

function settle(member: ConsumerMember, epoch: number, state: ReconcilingState): void {
  member.state = state
  if (epoch === member.epoch) return
  member.previousEpoch = member.epoch
  member.epoch = epoch
}
