import { type AssignorInput, type AssignorMember, subscribersOf } from './assignor-input.ts'
import { type PartitionSet, PartitionSetBuilder } from './partition-set.ts'

/**
 * Gives each subscriber of a topic a row of neighbouring partitions. Members stand in the same order for every topic, so
 * that members with equal subscriptions get the same numbers of topics with equally many partitions.
 */
export function assignRange({ members, partitions }: AssignorInput): Map<string, PartitionSet> {
  const built = new Map(members.map(({ id }) => [id, new PartitionSetBuilder()]))
  for (const [topicId, subscribers] of subscribersOf(members.toSorted(byName))) {
    const count = partitions.get(topicId) ?? 0
    const each = Math.floor(count / subscribers.length)
    const withOneMore = count % subscribers.length
    let next = 0
    for (const [index, { id }] of subscribers.entries()) {
      const end = next + each + (index < withOneMore ? 1 : 0)
      for (; next < end; next++) built.get(id)!.add(topicId, next)
    }
  }
  return new Map([...built].map(([id, builder]) => [id, builder.build()]))
}

/** Static members by their names, which outlive their ids. */
function byName(a: AssignorMember, b: AssignorMember): number {
  const [first, second] = [a.instanceId ?? a.id, b.instanceId ?? b.id]
  return first < second ? -1 : first > second ? 1 : 0
}
