import { patternStepsMax } from '../../linear-pattern.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { TopicView } from './topic-view.ts'

/** Expressions that a group's members may have at a time, all together. */
export const patternsMax = 100

/**
 * Looks up which topics the members' names and patterns mean now: all members', when topics have changed.
 * @param changed the member whose subscription is new
 * @returns whether what the target is to be made of has changed
 */
export function resolveSubscriptions(group: ConsumerGroup, view: TopicView, changed?: ConsumerMember): boolean {
  const isOtherView = group.topicsVersion !== view.version
  if (!isOtherView && !changed) return false
  if (isOtherView) group.patternMatches.clear()
  group.topicsVersion = view.version
  for (const member of isOtherView ? group.members.values() : [changed!]) {
    member.topicIds = topicIdsOf(member, group, view)
  }
  const before = group.topicPartitions
  group.topicPartitions = partitionsOf(group, view)
  return changed !== undefined || !areEqual(before, group.topicPartitions)
}

function topicIdsOf({ terms }: ConsumerMember, group: ConsumerGroup, view: TopicView): readonly string[] {
  const ids = new Set<string>()
  for (const name of terms.topicNames) {
    const topic = view.byName.get(name)
    if (topic) ids.add(topic.id)
  }
  for (const name of matchesOf(terms.pattern, group, view)) {
    if (terms.mayDescribe(name)) ids.add(view.byName.get(name)!.id)
  }
  return [...ids].sort()
}

/** What a pattern may cost: its part of what all of the group's may. */
export function stepsMaxOf({ members }: ConsumerGroup): number {
  const sources = new Set(members.values().flatMap(({ terms }) => (terms.pattern ? [terms.pattern.source] : [])))
  return patternStepsMax / Math.max(1, sources.size)
}

/**
 * Members mostly have one pattern in common: it is matched against all topics once. When so many have come since that it
 * costs too much, it finds nothing among those it can't get to.
 */
function matchesOf(
  pattern: ConsumerMember['terms']['pattern'],
  group: ConsumerGroup,
  view: TopicView,
): readonly string[] {
  if (!pattern) return []
  const { patternMatches } = group
  const known = patternMatches.get(pattern.source)
  if (known) return known
  let stepsLeft = stepsMaxOf(group)
  const names: string[] = []
  for (const name of view.byName.keys()) {
    stepsLeft -= pattern.stepsFor(name.length)
    if (stepsLeft < 0) break
    if (pattern.matches(name)) names.push(name)
  }
  if (patternMatches.size >= patternsMax) patternMatches.clear()
  patternMatches.set(pattern.source, names)
  return names
}

function partitionsOf(group: ConsumerGroup, view: TopicView): Map<string, number> {
  const partitions = new Map<string, number>()
  for (const { topicIds } of group.members.values()) {
    for (const topicId of topicIds) {
      const topic = view.byId.get(topicId)
      if (topic) partitions.set(topicId, topic.partitions)
    }
  }
  return partitions
}

const areEqual = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && a.entries().every(([topicId, count]) => b.get(topicId) === count)
