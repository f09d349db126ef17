import {
  CorruptRecordBatch,
  type DecodedRecord,
  readControlBatch,
  readRecordBatchHeader,
  type RecordBatchHeader,
  rebuildRecordBatch,
} from '@koine/protocols-kafka/record-batch'
import type { ActiveProducer } from '../records/active-producer.ts'
import type { AbortedRanges } from './aborted-ranges.ts'
import type { NewestOffsets } from './newest-offsets.ts'

export interface CleaningRules {
  readonly newest: NewestOffsets
  readonly aborted: AbortedRanges
  /** Tombstones and end markers below it have had their time. */
  readonly removableBefore: number
  readonly producers: readonly ActiveProducer[]
}

/**
 * Decides of each batch of a partition, taken in order from its start, what stays of it:
 * - a record, when it has a key and no newer record has the same one;
 * - a tombstone, until its time is over;
 * - nothing of an aborted transaction;
 * - the marker of a transaction's commit, while anything of it is there and until its time is over; that of an abort;
 * - a batch, even an empty one, that holds the last sequence number of a producer: by it what is sent again is known.
 */
export class BatchCleaner {
  /** Tombstones and markers that were left because their time isn't over. */
  tombstonesLeft = 0
  /** The first batch that had to stay as it was though something of it should have gone. */
  stuckFrom: number | undefined
  readonly #rules: CleaningRules
  readonly #producers: ReadonlyMap<number, ActiveProducer>
  /** Producers of whose transaction something is left, up to its marker. */
  readonly #withRemains = new Set<number>()

  constructor(rules: CleaningRules) {
    this.#rules = rules
    this.#producers = new Map(rules.producers.map((producer) => [producer.producerId, producer]))
  }

  readonly replace = (batch: Uint8Array): Uint8Array | undefined => {
    const header = readRecordBatchHeader(batch)
    return header.isControl ? this.#replaceMarker(batch, header) : this.#replaceData(batch, header)
  }

  #replaceMarker(batch: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    const hasRemains = this.#withRemains.delete(header.producerId)
    if (hasRemains || isAbort(batch) || this.#isNewestOfProducer(header)) return batch
    if (header.baseOffset < this.#rules.removableBefore) return undefined
    this.tombstonesLeft++
    return batch
  }

  #replaceData(batch: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    const cleaned = this.#clean(batch, header)
    if (cleaned && header.isTransactional) this.#withRemains.add(header.producerId)
    return cleaned
  }

  #clean(batch: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    const { producerId, baseOffset, isTransactional } = header
    const isAborted = isTransactional && this.#rules.aborted.covers(producerId, baseOffset)
    const keep = isAborted ? (): boolean => false : (record: DecodedRecord): boolean => this.#stays(record)
    try {
      const cleaned = rebuildRecordBatch(batch, keep, { keepEmpty: this.#isNewestOfProducer(header) })
      if (!cleaned || cleaned.length <= batch.length) return cleaned
    } catch (thrown) {
      if (!(thrown instanceof CorruptRecordBatch)) throw thrown
    }
    // It can't be read, or its producer compresses so much better that less of it takes more room.
    this.stuckFrom ??= baseOffset
    return batch
  }

  #stays({ key, value, offset }: DecodedRecord): boolean {
    if (!key) return false
    const newest = this.#rules.newest.get(key)
    if (newest !== undefined && offset < newest) return false
    if (value) return true
    if (offset < this.#rules.removableBefore) return false
    this.tombstonesLeft++
    return true
  }

  #isNewestOfProducer({
    producerId,
    producerEpoch,
    baseSequence,
    lastOffsetDelta,
    isControl,
  }: RecordBatchHeader): boolean {
    const producer = this.#producers.get(producerId)
    if (producer?.producerEpoch !== producerEpoch) return false
    if (isControl) return producer.lastSequence < 0
    return (baseSequence + lastOffsetDelta) % sequences === producer.lastSequence
  }
}

/**
 * Where readers are told that a transaction was aborted, its marker is what ends it for them: without it they would leave
 * out what the producer committed later.
 */
function isAbort(batch: Uint8Array): boolean {
  try {
    return readControlBatch(batch)?.type === 'abort'
  } catch (thrown) {
    if (thrown instanceof CorruptRecordBatch) return true
    throw thrown
  }
}

/** Sequence numbers begin anew behind the largest. */
const sequences = 0x8000_0000
