import type { Clock, Logger } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { GroupClaim } from '../groups/group-coordinator.ts'
import type { GroupFailure } from '../groups/outcomes.ts'
import type { StreamsLimits } from '../limits.ts'
import type { EndMarkers } from './ending.ts'
import type { ProducerIds } from './producer-ids.ts'

/** Whether a member of a group may commit, as the group's coordinator sees it now. */
export interface GroupMembers {
  commitProblem(scope: TenantScope, claim: GroupClaim): GroupFailure | undefined
}

/** What the rules of transactions need besides their state. */
export interface TransactionContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: StreamsLimits
  readonly producerIds: ProducerIds
  readonly markers: EndMarkers
  readonly groups: GroupMembers
  /** An open transaction was aborted because its time was over. */
  readonly onTimeout: () => void
}
