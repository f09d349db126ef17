import {
  lastOffsetDelta,
  maxTimestampMs,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@koine/protocols-kafka/record-batch'
import type { PartitionBounds, ReadOptions, ReadResult } from '../log.ts'

interface HeldBatch {
  readonly baseOffset: number
  readonly maxTimestampMs: number
  readonly bytes: Uint8Array
}

/** One partition's batches in memory. */
export class MemoryPartition {
  readonly #batches: HeldBatch[] = []
  #endOffset = 0

  get bounds(): PartitionBounds {
    return { startOffset: 0, endOffset: this.#endOffset }
  }

  append(batches: readonly Uint8Array[]): number {
    const first = this.#endOffset
    for (const bytes of batches) {
      setBaseOffset(bytes, this.#endOffset)
      setPartitionLeaderEpoch(bytes, 0)
      this.#batches.push({ baseOffset: this.#endOffset, maxTimestampMs: maxTimestampMs(bytes), bytes })
      this.#endOffset += lastOffsetDelta(bytes) + 1
    }
    return first
  }

  read({ offset, bytesMax }: ReadOptions): ReadResult {
    const { bounds } = this
    if (offset < 0 || offset > this.#endOffset) return { ok: false, reason: 'offset-out-of-range', ...bounds }
    if (offset === this.#endOffset) return { ok: true, batches: [], ...bounds }
    const batches: Uint8Array[] = []
    let bytes = 0
    const first = this.#batches.findLastIndex(({ baseOffset }) => baseOffset <= offset)
    for (let at = first; at < this.#batches.length; at++) {
      const batch = this.#batches[at]!.bytes
      if (batches.length > 0 && bytes + batch.length > bytesMax) break
      batches.push(batch)
      bytes += batch.length
    }
    return { ok: true, batches, ...bounds }
  }

  findTimestamp(timestampMs: number): { offset: number; timestampMs: number } | undefined {
    const found = this.#batches.find((batch) => batch.maxTimestampMs >= timestampMs)
    return found && { offset: found.baseOffset, timestampMs: found.maxTimestampMs }
  }
}
