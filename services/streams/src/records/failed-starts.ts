import type { SequenceFields } from './in-flight.ts'

const startsMax = 1_000
const sequences = 0x8000_0000

interface Start {
  readonly epoch: number
  readonly sequence: number
}

/**
 * Where producers that the partition doesn't know yet wanted to begin when an append failed. Such a producer may begin
 * anywhere, and has more batches under way: without this the one behind the failed batch would be taken for its first, and
 * the failed one, sent again, could never follow. (Kafka remembers it for transactional producers, since KIP-890.)
 */
export class FailedStarts {
  readonly #starts = new Map<number, Start>()

  /** A batch of a producer failed, and nobody knows whether it will come again. */
  failed({ producerId, producerEpoch, baseSequence }: SequenceFields): void {
    const held = this.#starts.get(producerId)
    if (held?.epoch === producerEpoch && isBehind(baseSequence, held.sequence)) return
    if (this.#starts.size >= startsMax) this.#starts.delete(this.#starts.keys().next().value!)
    this.#starts.set(producerId, { epoch: producerEpoch, sequence: baseSequence })
  }

  /** The sequence that must come first, for a batch that lies behind it. */
  ahead({ producerId, producerEpoch, baseSequence }: SequenceFields): number | undefined {
    const held = this.#starts.get(producerId)
    return held?.epoch === producerEpoch && isBehind(baseSequence, held.sequence) ? held.sequence : undefined
  }

  /** The producer has begun. */
  begun({ producerId }: SequenceFields): void {
    if (this.#starts.size > 0) this.#starts.delete(producerId)
  }
}

const isBehind = (sequence: number, first: number): boolean => {
  const distance = (sequence - first + sequences) % sequences
  return distance > 0 && distance < sequences / 2
}
