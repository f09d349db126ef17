import {
  lastOffsetDelta,
  maxTimestampMs,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@koine/protocols-kafka/record-batch'
import type { DeleteRecordsResult, PartitionBounds, ReadOptions, ReadResult, RewriteOptions } from '../log.ts'
import { checkReplacement } from '../log-validation.ts'

interface HeldBatch {
  readonly baseOffset: number
  /** One past its last offset. */
  readonly endOffset: number
  readonly maxTimestampMs: number
  readonly bytes: Uint8Array
}

/** One partition's batches in memory. */
export class MemoryPartition {
  #batches: HeldBatch[] = []
  #startOffset = 0
  #endOffset = 0

  get bounds(): PartitionBounds {
    return { startOffset: this.#startOffset, endOffset: this.#endOffset }
  }

  get bytes(): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  append(batches: readonly Uint8Array[]): number {
    const first = this.#endOffset
    for (const bytes of batches) {
      setBaseOffset(bytes, this.#endOffset)
      setPartitionLeaderEpoch(bytes, 0)
      const baseOffset = this.#endOffset
      this.#endOffset += lastOffsetDelta(bytes) + 1
      this.#batches.push({ baseOffset, endOffset: this.#endOffset, maxTimestampMs: maxTimestampMs(bytes), bytes })
    }
    return first
  }

  read({ offset, bytesMax }: ReadOptions): ReadResult {
    const { bounds } = this
    if (!within(bounds, offset)) return { ok: false, reason: 'offset-out-of-range', ...bounds }
    const batches: Uint8Array[] = []
    let bytes = 0
    for (let at = this.#batches.length - this.#countFrom(offset); at < this.#batches.length; at++) {
      const batch = this.#batches[at]!.bytes
      if (batches.length > 0 && bytes + batch.length > bytesMax) break
      batches.push(batch)
      bytes += batch.length
    }
    return { ok: true, batches, ...bounds }
  }

  findTimestamp(timestampMs: number): { offset: number; timestampMs: number } | undefined {
    const found = this.#batches.find((batch) => batch.maxTimestampMs >= timestampMs)
    return found && { offset: Math.max(found.baseOffset, this.#startOffset), timestampMs: found.maxTimestampMs }
  }

  findSize(bytesMax: number): number {
    let offset = this.#endOffset
    let bytes = 0
    for (const batch of this.#batches.toReversed()) {
      bytes += batch.bytes.length
      if (bytes > bytesMax) return offset
      offset = batch.baseOffset
    }
    return this.#startOffset
  }

  deleteRecords(before: number): DeleteRecordsResult {
    if (before < 0 || before > this.#endOffset) return { ok: false, reason: 'offset-out-of-range', ...this.bounds }
    this.#startOffset = Math.max(this.#startOffset, before)
    this.#batches = this.#batches.filter(({ endOffset }) => endOffset > this.#startOffset)
    return { ok: true, ...this.bounds }
  }

  rewrite({ before, replace }: RewriteOptions): { readonly ok: true; readonly rewrittenTo: number } {
    const newest = this.#batches.at(-1)
    const isShown = (batch: HeldBatch): boolean => batch.endOffset <= before && batch !== newest
    const rest = this.#batches.find((batch) => !isShown(batch))
    const rewritten = this.#batches.flatMap((batch): HeldBatch[] => {
      if (!isShown(batch)) return [batch]
      const bytes = checkReplacement(batch.bytes, replace(batch.bytes))
      return bytes ? [{ ...batch, bytes, maxTimestampMs: maxTimestampMs(bytes) }] : []
    })
    this.#batches = rewritten
    const rewrittenTo = Math.max(this.#startOffset, rest?.baseOffset ?? this.#endOffset)
    return { ok: true, rewrittenTo: Math.min(before, rewrittenTo) }
  }

  /** How many batches end behind an offset. */
  #countFrom(offset: number): number {
    return this.#batches.length - 1 - this.#batches.findLastIndex(({ endOffset }) => endOffset <= offset)
  }
}

const within = ({ startOffset, endOffset }: PartitionBounds, offset: number): boolean =>
  offset >= startOffset && offset <= endOffset
