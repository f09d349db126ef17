import type { Clock, Logger } from '@koine/base'
import type { StreamsLimits } from '../limits.ts'
import type { Group } from './group.ts'
import type { Member } from './member.ts'

/** What the rules of a group need besides its state, and whom they tell. */
export interface GroupContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: StreamsLimits
  /** Neither a member is left nor one on its way. */
  readonly onDeserted: (group: Group) => void
  /** A member's session timeout is over. */
  readonly onSilent: (group: Group, member: Member) => void
  /** An id that was given out has not been used in time. */
  readonly onUnused: (group: Group, memberId: string) => void
}
