import { noAbortedReads } from './aborted-reads.ts'
import type { LogCheck } from './check.ts'
import { noCircularFlow } from './circular-flow.ts'
import { noLostWrites, noUnseenWrites } from './lost-writes.ts'
import { noDuplicates, offsetsAreConsistent } from './offsets.ts'
import { noSkippedPolls, pollsAreMonotonic, sendsAreMonotonic } from './order.ts'

/** The anomalies that Jepsen's Kafka workload looks for; see https://github.com/jepsen-io/jepsen (jepsen.tests.kafka). */
export const logChecks = {
  noLostWrites,
  noUnseenWrites,
  noAbortedReads,
  noCircularFlow,
  noDuplicates,
  offsetsAreConsistent,
  sendsAreMonotonic,
  pollsAreMonotonic,
  noSkippedPolls,
} as const satisfies { readonly [name: string]: LogCheck }
