import { type CommittedOffset, logLimits, type Partition, type TenantScope } from '@koine/stores-ports'
import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { GroupFailure } from './outcomes.ts'
import { heard } from './sessions.ts'
import { memberOf, type MemberClaim } from './syncing.ts'

const noGeneration = -1

export type OffsetFailure = GroupFailure | 'no-such-partition' | 'metadata-too-large' | 'invalid-offset'

/** Whether the claim may commit: a member of the generation, or somebody outside a group that has no members. */
export function commitProblem(
  group: Group | undefined,
  claim: MemberClaim,
  context: GroupContext,
): GroupFailure | undefined {
  if (!group || group.isDeserted) return claim.generation > noGeneration ? 'illegal-generation' : undefined
  if (claim.generation <= noGeneration && group.members.size === 0) return undefined
  const member = memberOf(group, claim)
  if (typeof member === 'string') return member
  heard(group, member, context)
  // The new generation's members may already read on from the old offsets.
  return group.phase === 'assigning' ? 'rebalance-in-progress' : undefined
}

/** Stores what can be stored. @returns why each couldn't; undefined for those that are durable */
export async function storeOffsets(
  scope: TenantScope,
  group: string,
  offsets: readonly CommittedOffset[],
): Promise<readonly (OffsetFailure | undefined)[]> {
  const failures = await Promise.all(offsets.map((offset) => offsetProblem(scope, offset)))
  const accepted = offsets.filter((_, index) => failures[index] === undefined)
  if (accepted.length > 0) await scope.log.commitOffsets(group, accepted)
  return failures
}

async function offsetProblem(
  scope: TenantScope,
  { topic, partition, offset, metadata }: CommittedOffset,
): Promise<OffsetFailure | undefined> {
  if (!Number.isSafeInteger(offset) || offset < 0) return 'invalid-offset'
  if (metadata !== undefined && Buffer.byteLength(metadata) > logLimits.offsetMetadataBytes) return 'metadata-too-large'
  const held = await scope.log.topic(topic)
  return held && partition >= 0 && partition < held.partitions ? undefined : 'no-such-partition'
}

/** @param partitions undefined for all that the group has committed */
export async function storedOffsets(
  scope: TenantScope,
  group: string,
  partitions: readonly Partition[] | undefined,
): Promise<readonly CommittedOffset[]> {
  const offsets = await scope.log.committedOffsets(group)
  if (!partitions) return offsets
  const wanted = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`))
  return offsets.filter(({ topic, partition }) => wanted.has(`${topic}/${partition}`))
}
