import type { RecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import type { ProduceOutcome } from './produce-outcome.ts'

export type SequenceFields = Pick<
  RecordBatchHeader,
  'isControl' | 'isTransactional' | 'lastOffsetDelta' | 'producerId' | 'producerEpoch' | 'baseSequence'
>

/** A producer's batch that is on its way into the log. */
export interface FlyingBatch {
  readonly fields: SequenceFields
  readonly outcome: Promise<ProduceOutcome>
}

const none: readonly FlyingBatch[] = []
const noProducer = -1

/** The appends to one partition that have begun and not ended, and what producers sent with them. */
export class InFlight {
  #count = 0
  readonly #byProducer = new Map<number, FlyingBatch[]>()
  #onEmpty: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** In the order in which their appends began. */
  of(producerId: number): readonly FlyingBatch[] {
    return this.#byProducer.get(producerId) ?? none
  }

  begun(fields: SequenceFields, outcome: Promise<ProduceOutcome>): void {
    if (fields.producerId === noProducer) return
    const flying = this.#byProducer.get(fields.producerId)
    if (flying) flying.push({ fields, outcome })
    else this.#byProducer.set(fields.producerId, [{ fields, outcome }])
  }

  /** Counts an append that begins. */
  count(): void {
    this.#count++
  }

  ended(fields: SequenceFields): void {
    this.#count--
    if (fields.producerId !== noProducer) this.#remove(fields)
    if (this.#count > 0) return
    const waiting = this.#onEmpty
    this.#onEmpty = []
    for (const resolve of waiting) resolve()
  }

  async whenEmpty(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  /** Whether the last of the producer's batches opens a transaction, or ends one; undefined when none says. */
  opensTransaction(producerId: number): boolean | undefined {
    const last = this.of(producerId).at(-1)
    if (!last) return undefined
    if (last.fields.isControl) return false
    return last.fields.isTransactional ? true : undefined
  }

  #remove(fields: SequenceFields): void {
    const flying = this.#byProducer.get(fields.producerId)
    const at = flying?.findIndex((batch) => batch.fields === fields) ?? -1
    if (!flying || at < 0) return
    flying.splice(at, 1)
    if (flying.length === 0) this.#byProducer.delete(fields.producerId)
  }
}
