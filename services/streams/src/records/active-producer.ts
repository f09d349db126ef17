/** What a partition knows of one idempotent or transactional producer. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 when nothing of this epoch was appended. */
  readonly lastSequence: number
  /** Of its newest batch; -1 when there is none. */
  readonly lastTimestampMs: number
  /** -1 when no coordinator ended a transaction of it here. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; -1 when none is open. */
  readonly transactionFirstOffset: number
}
