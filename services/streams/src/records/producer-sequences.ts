import type { RecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import { type ProduceOutcome, refused } from './produce-outcome.ts'

/** A producer retries at most this many batches back (Kafka's `max.in.flight.requests.per.connection` for idempotence). */
const batchesRemembered = 5
const sequences = 0x8000_0000

interface Sent {
  readonly baseSequence: number
  readonly recordCount: number
  readonly outcome: Promise<ProduceOutcome>
}

interface Producer {
  readonly epoch: number
  nextSequence: number
  /** Oldest first. */
  readonly sent: Sent[]
}

export type SequenceFields = Pick<RecordBatchHeader, 'producerId' | 'producerEpoch' | 'baseSequence' | 'recordCount'>

/**
 * What the idempotent producers of one partition have sent last, so that a batch sent again is answered with the offset it
 * got the first time, and a gap is refused. A producer that isn't known (new, or forgotten) may start anywhere, as in Kafka
 * since 2.5.
 */
export class ProducerSequences {
  readonly #producers = new Map<number, Producer>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The answer for a batch that must not be appended; undefined when it is the next one. */
  answerWithoutAppend(batch: SequenceFields): Promise<ProduceOutcome> | undefined {
    const producer = this.#producers.get(batch.producerId)
    if (!producer) return undefined
    if (batch.producerEpoch < producer.epoch) {
      return refusal('stale-producer-epoch', `Producer ${batch.producerId} has a newer epoch than this batch.`)
    }
    if (batch.producerEpoch > producer.epoch) return batch.baseSequence === 0 ? undefined : gap(batch, 0)
    const earlier = producer.sent.find(
      (sent) => sent.baseSequence === batch.baseSequence && sent.recordCount === batch.recordCount,
    )
    if (earlier) return earlier.outcome
    return batch.baseSequence === producer.nextSequence ? undefined : gap(batch, producer.nextSequence)
  }

  /** Notes a batch that is being appended. */
  note(batch: SequenceFields, outcome: Promise<ProduceOutcome>): void {
    const producer = this.#producerOf(batch)
    producer.nextSequence = (batch.baseSequence + batch.recordCount) % sequences
    producer.sent.push({ baseSequence: batch.baseSequence, recordCount: batch.recordCount, outcome })
    if (producer.sent.length > batchesRemembered) producer.sent.shift()
  }

  /** The producer, moved to the young end of the map. */
  #producerOf({ producerId, producerEpoch }: SequenceFields): Producer {
    const held = this.#producers.get(producerId)
    const producer = held?.epoch === producerEpoch ? held : { epoch: producerEpoch, nextSequence: 0, sent: [] }
    this.#producers.delete(producerId)
    if (this.#producers.size >= this.#capacity) this.#producers.delete(this.#producers.keys().next().value!)
    this.#producers.set(producerId, producer)
    return producer
  }
}

const refusal = (...[reason, message]: Parameters<typeof refused>): Promise<ProduceOutcome> =>
  Promise.resolve(refused(reason, message))

const gap = ({ producerId, baseSequence }: SequenceFields, expected: number): Promise<ProduceOutcome> =>
  refusal('out-of-order-sequence', `Producer ${producerId} sent sequence ${baseSequence} where ${expected} is next.`)
