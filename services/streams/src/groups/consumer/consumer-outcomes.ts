import type { TopicPartitions } from './partition-set.ts'

/** Why a group of the consumer protocol refuses. Each has an error code of the Kafka protocol with the same meaning. */
export type ConsumerFailure =
  | 'invalid-group-id'
  | 'invalid-request'
  | 'unknown-member'
  | 'fenced-epoch'
  | 'fenced-instance'
  | 'unreleased-instance'
  | 'unsupported-assignor'
  | 'invalid-pattern'
  | 'group-full'
  | 'too-many-groups'
  | 'not-a-consumer-group'

export type ConsumerHeartbeatOutcome =
  | {
      readonly ok: true
      readonly memberId: string
      readonly memberEpoch: number
      readonly heartbeatIntervalMs: number
      /** All that the member may read; null when that is as it was told before. */
      readonly assignment: readonly TopicPartitions[] | null
    }
  | ConsumerRefusal

export interface ConsumerRefusal {
  readonly ok: false
  readonly reason: ConsumerFailure
  readonly message: string
}

export const refusal = (reason: ConsumerFailure, message: string): ConsumerRefusal => ({ ok: false, reason, message })
