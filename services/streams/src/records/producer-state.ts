/** A producer retries at most this many batches back (Kafka's `max.in.flight.requests.per.connection` for idempotence). */
export const batchesRemembered = 5
const sequences = 0x8000_0000

/** A batch that stands in the log, as far as it is needed to know it again. */
export interface SentBatch {
  readonly baseSequence: number
  /** By its sequences: compaction takes records out of a batch and leaves their sequences. */
  readonly recordCount: number
  readonly baseOffset: number
  readonly timestampMs: number
}

/** What one partition knows of an idempotent or transactional producer. */
export interface ProducerState {
  readonly producerId: number
  epoch: number
  /** -1 when no coordinator ended a transaction of it here. */
  coordinatorEpoch: number
  /** Of this epoch, oldest first; none when its epoch was only heard of from an end marker. */
  sent: SentBatch[]
  /** When its newest batch came or was found in the log, by the clock here: producers' own times may be of any age. */
  seenAtMs: number
}

/** The sequence after a batch. After the last of them comes 0. */
export const sequenceAfter = ({ baseSequence, recordCount }: Pick<SentBatch, 'baseSequence' | 'recordCount'>): number =>
  (baseSequence + recordCount) % sequences

export const lastSequenceOf = ({ baseSequence, recordCount }: SentBatch): number =>
  (baseSequence + recordCount - 1) % sequences
