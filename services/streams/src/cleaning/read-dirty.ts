import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  CorruptRecordBatch,
  decodeRecordBatch,
  readControlBatch,
  readRecordBatchHeader,
  type RecordBatchHeader,
} from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope } from '@koine/stores-ports'
import { AbortedRanges } from './aborted-ranges.ts'
import type { CleanedRecords } from './cleaned-records.ts'
import { NewestOffsets } from './newest-offsets.ts'

const pageBytes = 256 * 1024

export interface DirtyRange {
  readonly from: number
  /** What was read ends at or before it. */
  readonly before: number
  /** Reading ends behind the batch that has made so many keys known, … */
  readonly keysMax: number
  /** … or so many bytes read. */
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/** What the new part of a partition says about the old. */
export interface Dirty {
  readonly newest: NewestOffsets
  readonly aborted: AbortedRanges
  /** Where the part that was read ends: always behind a whole batch. */
  readonly end: number
}

/** Walks through a range that only decided transactions are in. Undefined when it can no longer be read. */
export async function readDirty(
  records: CleanedRecords,
  { scope, at }: { scope: TenantScope; at: Partition },
  range: DirtyRange,
): Promise<Dirty | undefined> {
  const walk = new Walk(range)
  while (!walk.isOver) {
    const wanted = { ...at, offset: walk.end, bytesMax: pageBytes }
    const request = { partitions: [wanted], bytesMin: 0, bytesMax: pageBytes, waitMsMax: 0, signal: range.signal }
    const [page] = await records.fetch(scope, { ...request, isolation: 'read-committed' })
    if (!page?.ok || range.signal.aborted) return undefined
    for (const transaction of page.abortedTransactions) walk.aborted.begin(transaction)
    walk.takeAll(page.batches)
    // Unpacking and hashing a page takes a while: others go first.
    await nextTurn()
  }
  return walk
}

class Walk implements Dirty {
  readonly newest = new NewestOffsets()
  readonly aborted = new AbortedRanges()
  end: number
  isOver: boolean
  readonly #range: DirtyRange
  #bytes = 0

  constructor(range: DirtyRange) {
    this.#range = range
    this.end = range.from
    this.isOver = range.from >= range.before
  }

  takeAll(batches: readonly Uint8Array[]): void {
    const { before, keysMax, bytesMax } = this.#range
    // Compaction has left nothing up to the end.
    if (batches.length === 0) this.#endAt(before)
    for (const batch of batches) {
      const header = readRecordBatchHeader(batch)
      const end = header.baseOffset + header.lastOffsetDelta + 1
      if (end > before) return this.#endAt(Math.max(this.end, Math.min(header.baseOffset, before)))
      this.#take(batch, header)
      this.end = end
      this.#bytes += batch.length
      this.isOver = end >= before || this.newest.size >= keysMax || this.#bytes >= bytesMax
      if (this.isOver) return
    }
  }

  #endAt(offset: number): void {
    this.end = offset
    this.isOver = true
  }

  #take(batch: Uint8Array, header: RecordBatchHeader): void {
    const { isControl, isTransactional, producerId, baseOffset } = header
    try {
      if (isControl) {
        if (readControlBatch(batch)?.type === 'abort') this.aborted.end(producerId, baseOffset)
      } else if (!isTransactional || !this.aborted.covers(producerId, baseOffset)) this.#note(batch)
    } catch (thrown) {
      // Its keys stay unknown, and the batch as it is: `BatchCleaner` sees that nothing relies on them.
      if (!(thrown instanceof CorruptRecordBatch)) throw thrown
    }
  }

  #note(batch: Uint8Array): void {
    for (const { key, offset } of decodeRecordBatch(batch).records) if (key) this.newest.set(key, offset)
  }
}
