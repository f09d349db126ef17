import type { RecordBatchProblem } from '@koine/protocols-kafka/record-batch'

export type ProduceFailure =
  | RecordBatchProblem
  | 'no-such-partition'
  | 'reserved'
  /** Not exactly one batch. */
  | 'batch-count'
  | 'invalid-timestamp'
  /** In a topic that is compacted by key. */
  | 'no-key'
  | 'out-of-order-sequence'
  | 'stale-producer-epoch'
  /** Not transactional, while its producer has a transaction open in the partition. */
  | 'invalid-transaction-state'
  /** Transactional, and the partition is in no open transaction of its producer. */
  | 'not-in-transaction'
  /** More transactions are open in the partition than may be. */
  | 'too-many-transactions'

export interface Produced {
  readonly ok: true
  readonly baseOffset: number
  readonly startOffset: number
  /** The time that the records got in a topic which gives them its own. */
  readonly appendTimeMs?: number
}

export interface Refused {
  readonly ok: false
  readonly reason: ProduceFailure
  readonly message: string
  /** The positions in the batch of the records that are at fault, if it is only some; at most a hundred. */
  readonly records?: readonly number[]
}

export type ProduceOutcome = Produced | Refused

export const refused = (reason: ProduceFailure, message: string): Refused => ({ ok: false, reason, message })
