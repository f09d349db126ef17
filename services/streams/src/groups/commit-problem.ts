import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { LiveGroup } from './group-directory.ts'
import type { GroupFailure } from './outcomes.ts'
import { heard } from './sessions.ts'
import { memberOf, type MemberClaim } from './syncing.ts'

const noGeneration = -1

/** By whose right offsets are committed. The generation is the member epoch in a group of the consumer protocol. */
export interface OffsetClaim extends MemberClaim {
  /** The offsets are a transaction's: its producer is checked elsewhere, and needn't say as which member it commits. */
  readonly isTransactional?: boolean
  /** The client understands the failures of the consumer protocol: OffsetCommit from version 9 on. */
  readonly knowsEpochs?: boolean
}

/** Why the claim may not commit: it may as a member as of now, or as somebody outside a group that has no members. */
export function commitProblem(
  group: LiveGroup | undefined,
  claim: OffsetClaim,
  context: GroupContext,
): GroupFailure | undefined {
  if (!group || group.isDeserted) return withoutGroup(claim)
  if (claim.generation <= noGeneration && group.members.size === 0) return undefined
  if (isAnonymous(claim)) return undefined
  return group.type === 'classic' ? classicProblem(group, claim, context) : consumerProblem(group, claim)
}

/**
 * A generation of a group that isn't there. Membership doesn't outlive the process, so that the member may well be one of
 * ours: newer clients are told what makes them join again.
 */
function withoutGroup({ generation, knowsEpochs }: OffsetClaim): GroupFailure | undefined {
  if (generation <= noGeneration) return undefined
  return knowsEpochs ? 'unknown-member' : 'illegal-generation'
}

const isAnonymous = ({ isTransactional, generation, memberId, instanceId }: OffsetClaim): boolean =>
  isTransactional === true && generation <= noGeneration && memberId === '' && instanceId === null

function classicProblem(group: Group, claim: OffsetClaim, context: GroupContext): GroupFailure | undefined {
  const member = memberOf(group, claim)
  if (typeof member === 'string') return member
  if (claim.isTransactional) return undefined
  heard(group, member, context)
  // The new generation's members may already read on from the old offsets.
  return group.phase === 'assigning' ? 'rebalance-in-progress' : undefined
}

function consumerProblem(group: ConsumerGroup, claim: OffsetClaim): GroupFailure | undefined {
  const member = group.members.get(claim.memberId)
  if (!member) return 'unknown-member'
  // An older client would take the epoch for a generation, and not understand what is wrong with it.
  if (!claim.isTransactional && !claim.knowsEpochs) return 'needs-epochs'
  if (claim.generation === member.epoch) return undefined
  return claim.isTransactional ? 'illegal-generation' : 'stale-epoch'
}
