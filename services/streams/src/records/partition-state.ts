import type { EndMarker, RecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import { RecentlyAborted } from './aborted-transactions.ts'
import type { ActiveProducer } from './active-producer.ts'
import { batchesRemembered, lastSequenceOf, type ProducerState } from './producer-state.ts'

const noProducer = -1

export interface PartitionStateOptions {
  /** Producers held at most; beyond, the one longest silent without an open transaction is forgotten. */
  readonly producersMax: number
  /** A producer that sent nothing for this long is forgotten. */
  readonly producerExpiryMs: number
  /** Counts the producers of all partitions. */
  readonly count: { producers: number }
}

/** What is read of a batch's header. */
export type BatchFields = Pick<
  RecordBatchHeader,
  | 'isControl'
  | 'isTransactional'
  | 'lastOffsetDelta'
  | 'maxTimestampMs'
  | 'producerId'
  | 'producerEpoch'
  | 'baseSequence'
>

/** Where a batch stands in the log, and when it came. */
export interface Placed {
  readonly baseOffset: number
  readonly nowMs: number
  /** What a control batch says of a transaction. */
  readonly marker?: EndMarker | undefined
}

export interface SavedState {
  readonly appliedTo: number
  readonly producers: readonly ProducerState[]
  readonly openTransactions: ReadonlyMap<number, number>
}

/**
 * What one partition's batches say of its producers and their transactions, up to an offset. Batches are applied in the
 * order of their offsets; nothing here is ahead of the log, and everything can be found again by reading it.
 */
export class PartitionState {
  readonly aborted: RecentlyAborted
  readonly #options: PartitionStateOptions
  #appliedTo: number
  /** The one that sent last is last. */
  readonly #producers = new Map<number, ProducerState>()
  /** The first offset of each open transaction by its producer, ascending. */
  readonly #open = new Map<number, number>()
  #isDropped = false

  constructor(options: PartitionStateOptions, { appliedTo, producers, openTransactions }: SavedState) {
    this.#options = options
    this.#appliedTo = appliedTo
    this.aborted = new RecentlyAborted(appliedTo)
    for (const producer of producers) this.#hold(producer)
    for (const [id, firstOffset] of [...openTransactions].sort(([, a], [, b]) => a - b)) this.#open.set(id, firstOffset)
  }

  /** One past the last batch that is known here. */
  get appliedTo(): number {
    return this.#appliedTo
  }

  /**
   * No record of a transaction that is still open stands before it. What this state hasn't heard of yet isn't before it
   * either: the log shows an append to readers before the append's caller, and so this state, knows its offset.
   */
  get lastStableOffset(): number {
    for (const firstOffset of this.#open.values()) return Math.min(firstOffset, this.#appliedTo)
    return this.#appliedTo
  }

  get openTransactions(): number {
    return this.#open.size
  }

  /** The producer, unless it is unknown or has been silent for too long. */
  producer(producerId: number, nowMs: number): Readonly<ProducerState> | undefined {
    const held = this.#producers.get(producerId)
    return held && !this.#isExpired(held, nowMs) ? held : undefined
  }

  hasOpenTransaction(producerId: number): boolean {
    return this.#open.has(producerId)
  }

  apply(batch: BatchFields, placed: Placed): void {
    this.#appliedTo = placed.baseOffset + batch.lastOffsetDelta + 1
    if (batch.producerId === noProducer) return
    if (!batch.isControl) this.#applyRecords(batch, placed)
    else if (placed.marker) this.#applyEnd(batch, placed, placed.marker)
  }

  /** There is nothing between what was applied and `offset` any more. */
  skipTo(offset: number): void {
    if (offset > this.#appliedTo) this.#appliedTo = offset
  }

  /**
   * The log has lost what stood before `offset`, beyond what was applied. Markers may have been there, so transactions
   * that began before aren't known to be open; if one is, its next batch says so, and of what is left it hides the same.
   */
  skipLost(offset: number): void {
    this.#open.clear()
    this.skipTo(offset)
  }

  describe(nowMs: number): ActiveProducer[] {
    return this.#producers
      .values()
      .filter((producer) => !this.#isExpired(producer, nowMs))
      .map(({ producerId, epoch, coordinatorEpoch, sent }) => {
        const last = sent.at(-1)
        return {
          producerId,
          producerEpoch: epoch,
          lastSequence: last ? lastSequenceOf(last) : -1,
          lastTimestampMs: last?.timestampMs ?? -1,
          coordinatorEpoch,
          transactionFirstOffset: this.#open.get(producerId) ?? -1,
        }
      })
      .toArray()
  }

  /** What must be kept so that reading on from `appliedTo` gives this state again, but for `aborted`. */
  saved(nowMs: number): SavedState {
    for (const producer of this.#producers.values()) if (this.#isExpired(producer, nowMs)) this.#forget(producer)
    return { appliedTo: this.#appliedTo, producers: [...this.#producers.values()], openTransactions: this.#open }
  }

  /** No longer held by anyone. */
  drop(): void {
    if (!this.#isDropped) this.#options.count.producers -= this.#producers.size
    this.#isDropped = true
  }

  #applyRecords(batch: BatchFields, { baseOffset, nowMs }: Placed): void {
    const producer = this.#youngest(batch, nowMs)
    producer.sent.push({
      baseSequence: batch.baseSequence,
      recordCount: batch.lastOffsetDelta + 1,
      baseOffset,
      timestampMs: batch.maxTimestampMs,
    })
    if (producer.sent.length > batchesRemembered) producer.sent.shift()
    if (batch.isTransactional && !this.#open.has(batch.producerId)) this.#open.set(batch.producerId, baseOffset)
  }

  #applyEnd(batch: BatchFields, { baseOffset, nowMs }: Placed, { commit, coordinatorEpoch }: EndMarker): void {
    this.#youngest(batch, nowMs).coordinatorEpoch = coordinatorEpoch
    const firstOffset = this.#open.get(batch.producerId)
    if (firstOffset === undefined) return
    this.#open.delete(batch.producerId)
    if (commit) return
    const stableOffset = this.lastStableOffset
    this.aborted.add({ producerId: batch.producerId, firstOffset, lastOffset: baseOffset, stableOffset })
  }

  /** The batch's producer in the batch's epoch, moved to the young end. */
  #youngest({ producerId, producerEpoch }: BatchFields, nowMs: number): ProducerState {
    const held = this.#producers.get(producerId)
    const isKnown = held && !this.#isExpired(held, nowMs)
    const producer = isKnown ? held : { producerId, epoch: producerEpoch, coordinatorEpoch: -1, sent: [], seenAtMs: 0 }
    if (producer.epoch !== producerEpoch) producer.sent = []
    producer.epoch = producerEpoch
    producer.seenAtMs = nowMs
    if (held) this.#forget(held)
    while (this.#producers.size >= this.#options.producersMax && this.#forgetOldest());
    this.#hold(producer)
    return producer
  }

  #hold(producer: ProducerState): void {
    this.#producers.set(producer.producerId, producer)
    this.#options.count.producers++
  }

  #forget({ producerId }: ProducerState): void {
    if (this.#producers.delete(producerId)) this.#options.count.producers--
  }

  #forgetOldest(): boolean {
    for (const producer of this.#producers.values()) {
      if (this.#open.has(producer.producerId)) continue
      this.#forget(producer)
      return true
    }
    return false
  }

  #isExpired({ producerId, seenAtMs }: ProducerState, nowMs: number): boolean {
    return nowMs - seenAtMs >= this.#options.producerExpiryMs && !this.#open.has(producerId)
  }
}
