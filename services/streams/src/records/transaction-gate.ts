import type { Partition, TenantScope } from '@koine/stores-ports'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export type TransactionProblem = 'invalid-transaction-state' | 'producer-fenced'

/** Who knows which transactions are under way, and which partitions belong to each. */
export interface TransactionGate {
  /**
   * Why a transactional batch of the producer may not be appended to the partition; undefined when it may. Asked in the
   * partition's turn right before the append, so that a batch whose turn comes after an end marker's is refused.
   */
  problem(scope: TenantScope, at: Partition, producer: ProducerIdentity): Promise<TransactionProblem | undefined>
}

/** The end of a producer's transaction in one partition. */
export interface TransactionEnd extends ProducerIdentity {
  /** False: it is aborted. */
  readonly commit: boolean
  readonly coordinatorEpoch: number
}

export type EndTransactionOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: 'no-such-partition' }
