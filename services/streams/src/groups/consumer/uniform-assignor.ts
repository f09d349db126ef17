import { type AssignorInput, type AssignorMember, subscribersOf } from './assignor-input.ts'
import { type PartitionSet, PartitionSetBuilder } from './partition-set.ts'

/** A member on the way to its share. */
interface Share {
  readonly id: string
  readonly topicIds: readonly string[]
  readonly held: Map<string, number[]>
  load: number
}

/** One that moves enough already: what is left after so many rounds is as even as it needs to be. */
const roundsMax = 16

/**
 * Gives every member about as many partitions as any other: at most one more or less where all subscribe to the same, and
 * otherwise so that no single partition could move to a member with two or more fewer. What a member had it keeps, unless
 * it has too much.
 */
export function assignUniformly({ members, partitions }: AssignorInput): Map<string, PartitionSet> {
  const shares = members.map(({ id, topicIds }): Share => ({ id, topicIds, held: new Map(), load: 0 }))
  const subscribers = subscribersOf(shares)
  const taken = keepPrevious(members, shares, partitions)
  // Topics that few can read come first: the others even out what that leaves.
  const topics = [...subscribers].sort(([, a], [, b]) => a.length - b.length)
  for (const [topicId, sharers] of topics) {
    const free = freePartitions(partitions.get(topicId) ?? 0, taken.get(topicId))
    spread(topicId, free, sharers)
  }
  for (let round = 0; round < roundsMax && !isEven(shares); round++) {
    if (!topics.reduce((moved, [topicId, sharers]) => even(topicId, sharers) || moved, false)) break
  }
  return new Map(shares.map(({ id, held }) => [id, built(held)]))
}

/** @returns the partitions of each topic that stay where they are */
function keepPrevious(
  members: readonly AssignorMember[],
  shares: readonly Share[],
  partitions: ReadonlyMap<string, number>,
): Map<string, Set<number>> {
  const taken = new Map<string, Set<number>>()
  for (const [index, { topicIds, previous }] of members.entries()) {
    for (const topicId of topicIds) {
      const count = partitions.get(topicId) ?? 0
      for (const partition of previous.of(topicId)) {
        const ofTopic = taken.get(topicId) ?? new Set<number>()
        if (partition >= count || ofTopic.has(partition)) continue
        taken.set(topicId, ofTopic.add(partition))
        give(shares[index]!, topicId, partition)
      }
    }
  }
  return taken
}

const freePartitions = (count: number, taken: ReadonlySet<number> | undefined): number[] =>
  Array.from({ length: count }, (_, partition) => partition).filter((partition) => !taken?.has(partition))

function give(share: Share, topicId: string, partition: number): void {
  const held = share.held.get(topicId)
  if (held) held.push(partition)
  else share.held.set(topicId, [partition])
  share.load++
}

/** Gives each partition to whoever has the least: level by level, so as not to look for the least each time. */
function spread(topicId: string, free: readonly number[], sharers: readonly Share[]): void {
  if (free.length === 0) return
  const waiting = sharers.toSorted((a, b) => a.load - b.load)
  let [index, level] = [0, waiting[0]!.load]
  for (const partition of free) {
    if (index === waiting.length || waiting[index]!.load > level) [index, level] = [0, level + 1]
    give(waiting[index++]!, topicId, partition)
  }
}

const isEven = (shares: readonly Share[]): boolean => {
  const loads = shares.map(({ load }) => load)
  return Math.max(...loads) - Math.min(...loads) < 2
}

/** Moves partitions of one topic from those with the most to those with the least. @returns whether any moved */
function even(topicId: string, sharers: readonly Share[]): boolean {
  let moved = false
  for (;;) {
    let [most, least]: [Share | undefined, Share] = [undefined, sharers[0]!]
    for (const share of sharers) {
      if (share.load < least.load) least = share
      if ((share.held.get(topicId)?.length ?? 0) > 0 && (!most || share.load > most.load)) most = share
    }
    if (!most || most.load - least.load < 2) return moved
    give(least, topicId, most.held.get(topicId)!.pop()!)
    most.load--
    moved = true
  }
}

function built(held: ReadonlyMap<string, readonly number[]>): PartitionSet {
  const builder = new PartitionSetBuilder()
  for (const [topicId, partitions] of held) for (const partition of partitions) builder.add(topicId, partition)
  return builder.build()
}
