import { type CommittedOffset, logLimits, type TenantScope } from '@koine/stores-ports'
import type { GroupClaim } from '../groups/group-coordinator.ts'
import type { OffsetFailure } from '../groups/offsets.ts'
import { committedAt, committedTimes } from './ending.ts'
import type { TransactionFailure } from './outcomes.ts'
import type { PendingOffset } from './pending-offsets.ts'
import type { TransactionContext } from './transaction-context.ts'

/** Offsets of a group that one of its members gives to a transaction. */
export interface GivenOffsets {
  readonly claim: GroupClaim
  readonly offsets: readonly CommittedOffset[]
}

/** Why each offset was not taken; undefined for those that are durable. */
export type GivenOutcome = readonly (TransactionFailure | OffsetFailure | undefined)[]

interface Accepted {
  readonly outcome: GivenOutcome
  readonly pending: readonly PendingOffset[]
}

/** Checks who commits and each offset, and makes of those that can be taken what the transaction keeps. */
export async function acceptOffsets(
  scope: TenantScope,
  { claim, offsets }: GivenOffsets,
  { groups, clock }: Pick<TransactionContext, 'groups' | 'clock'>,
): Promise<Accepted> {
  const times = await committedTimes(scope, claim.groupId)
  const names = [...new Set(offsets.map(({ topic }) => topic))]
  const topics = new Map(await Promise.all(names.map(async (name) => [name, await scope.log.topic(name)] as const)))
  const memberFailure = groups.commitProblem(scope, { ...claim, isTransactional: true })
  if (memberFailure) return { outcome: offsets.map(() => memberFailure), pending: [] }
  const nowMs = clock.now()
  const pending: PendingOffset[] = []
  const outcome = offsets.map((offset): OffsetFailure | undefined => {
    const topic = topics.get(offset.topic)
    const problem = offsetProblem(offset)
    if (problem) return problem
    if (!topic || offset.partition < 0 || offset.partition >= topic.partitions) return 'no-such-partition'
    // Later than what it follows even when the clock was set back: the later commit of a partition counts.
    const committedAtMs = Math.max(nowMs, committedAt(times, offset))
    const { partition, leaderEpoch = -1, metadata = '' } = offset
    const { groupId: group } = claim
    pending.push({
      group,
      topic: topic.name,
      topicId: topic.id,
      partition,
      offset: offset.offset,
      leaderEpoch,
      metadata,
      committedAtMs,
    })
    return undefined
  })
  return { outcome, pending }
}

function offsetProblem({ offset, metadata = '' }: CommittedOffset): OffsetFailure | undefined {
  if (!Number.isSafeInteger(offset) || offset < 0) return 'invalid-offset'
  return Buffer.byteLength(metadata) > logLimits.offsetMetadataBytes ? 'metadata-too-large' : undefined
}
