import { type CommittedOffset, logLimits, type Partition, type TenantScope, type Topic } from '@koine/stores-ports'
import type { FetchClaim } from './group-coordinator.ts'
import type { LiveGroup } from './group-directory.ts'
import type { GroupFailure } from './outcomes.ts'
import { type Subscribed, subscribedIn } from './subscriptions.ts'

export type OffsetFailure = GroupFailure | 'no-such-partition' | 'metadata-too-large' | 'invalid-offset'

export interface FetchedOffsets {
  readonly ok: true
  readonly offsets: readonly CommittedOffset[]
  /** Partitions, as `topic/partition`, whose offset a transaction under way may change. */
  readonly pending: ReadonlySet<string>
}

/**
 * Stores what can be stored.
 * @param claimProblem why nothing may be; asked last, so that it still holds when the offsets are stored
 * @returns why each couldn't; undefined for those that are durable
 */
export async function storeOffsets(
  scope: TenantScope,
  group: string,
  offsets: readonly CommittedOffset[],
  claimProblem: () => GroupFailure | undefined,
): Promise<readonly (OffsetFailure | undefined)[]> {
  const names = [...new Set(offsets.map(({ topic }) => topic))]
  const topics = new Map(await Promise.all(names.map(async (name) => [name, await scope.log.topic(name)] as const)))
  const problem = claimProblem()
  if (problem) return offsets.map(() => problem)
  const failures = offsets.map((offset) => offsetProblem(offset, topics.get(offset.topic)))
  const accepted = offsets.filter((_, index) => failures[index] === undefined)
  if (accepted.length > 0) await scope.log.commitOffsets(group, accepted)
  return failures
}

function offsetProblem(
  { partition, offset, metadata }: CommittedOffset,
  topic: Topic | undefined,
): OffsetFailure | undefined {
  if (!Number.isSafeInteger(offset) || offset < 0) return 'invalid-offset'
  if (metadata !== undefined && Buffer.byteLength(metadata) > logLimits.offsetMetadataBytes) return 'metadata-too-large'
  return topic && partition >= 0 && partition < topic.partitions ? undefined : 'no-such-partition'
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

/** Why a member of the consumer protocol doesn't learn the offsets: its view of the assignment is an old one. */
export function fetchProblem(
  group: LiveGroup | undefined,
  { memberId, memberEpoch }: FetchClaim,
): GroupFailure | undefined {
  if (group?.type === 'classic' || (memberId === null && memberEpoch < 0)) return undefined
  const member = group?.members.get(memberId ?? '')
  // Nobody at all is a member of a group that isn't there; who doesn't claim to be one is told what there is.
  if (!member) return group || memberEpoch >= 0 ? 'unknown-member' : undefined
  return member.epoch === memberEpoch ? undefined : 'stale-epoch'
}

/** Which topics' offsets a group doesn't let go, because its members read on from them; or that it lets none go. */
export function deletionProblem(group: LiveGroup | undefined): Subscribed | 'not-empty' {
  if (!group || group.members.size === 0) return () => false
  return group.protocolType === 'consumer' ? subscribedIn(group) : 'not-empty'
}
