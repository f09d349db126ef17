import type { RecordBatchProblem } from '@koine/protocols-kafka/record-batch'

export type ProduceFailure =
  | RecordBatchProblem
  | 'no-such-partition'
  | 'reserved'
  /** Not exactly one batch. */
  | 'batch-count'
  | 'transactional'
  | 'out-of-order-sequence'
  | 'stale-producer-epoch'

export type ProduceOutcome =
  | { readonly ok: true; readonly baseOffset: number; readonly startOffset: number }
  | { readonly ok: false; readonly reason: ProduceFailure; readonly message: string }

export const refused = (reason: ProduceFailure, message: string): ProduceOutcome => ({ ok: false, reason, message })
