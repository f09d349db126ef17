import type { PartitionSet } from './partition-set.ts'

export interface AssignorMember {
  readonly id: string
  readonly instanceId: string | null
  /** Of topics that exist. */
  readonly topicIds: readonly string[]
  /** What the last target gave it. */
  readonly previous: PartitionSet
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[]
  /** How many partitions each topic has that somebody subscribes to. */
  readonly partitions: ReadonlyMap<string, number>
}

/** Gives each partition to exactly one member that subscribes to its topic. */
export type Assignor = (input: AssignorInput) => Map<string, PartitionSet>

/** Each topic's subscribers, in the order of the members. */
export function subscribersOf<Member extends { readonly topicIds: readonly string[] }>(
  members: readonly Member[],
): Map<string, Member[]> {
  const subscribers = new Map<string, Member[]>()
  for (const member of members) {
    for (const topicId of member.topicIds) {
      const held = subscribers.get(topicId)
      if (held) held.push(member)
      else subscribers.set(topicId, [member])
    }
  }
  return subscribers
}
