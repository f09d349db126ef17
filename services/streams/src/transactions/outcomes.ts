import type { ProducerIdentity } from '../records/transaction-gate.ts'

/** Why the coordinator refuses. Each has an error code of the Kafka protocol with the same meaning. */
export type TransactionFailure =
  | 'invalid-transactional-id'
  | 'invalid-transaction-timeout'
  /** A producer id without an epoch, or the other way round. */
  | 'incomplete-producer'
  /** The transactional id isn't known, or belongs to another producer id. */
  | 'unknown-producer'
  /** A newer producer has taken the transactional id. */
  | 'producer-fenced'
  | 'invalid-transaction-state'
  /** The transaction before is still being ended: try again. */
  | 'concurrent-transactions'
  | 'invalid-group-id'
  | 'too-many-transactional-ids'
  | 'transaction-too-large'

export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string
}

export const noProducerId = -1
export const noProducerEpoch = -1

export type InitOutcome =
  | ({ readonly ok: true } & ProducerIdentity)
  | { readonly ok: false; readonly reason: TransactionFailure }
