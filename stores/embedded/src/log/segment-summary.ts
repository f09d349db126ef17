import type { Engine } from './engine.ts'
import { indexOf } from './index-store.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import type { SegmentIndex } from './segment-index.ts'

/** One partition's part of a segment. */
export interface PartitionShare {
  readonly number: number
  readonly payloadBytes: number
  readonly firstOffset: number
  /** One past the last offset that it may hold. */
  readonly endOffset: number
}

/**
 * How much of a sealed segment is whose: so little that it stays in memory once it was asked for, so that sizes are known
 * without the index.
 */
export class SegmentSummary {
  readonly #numbers: Uint32Array
  /** Of the segment: its header and frames. */
  readonly segmentBytes: number
  /** First offset, end offset and bytes by turns. */
  readonly #figures: Float64Array

  constructor(index: SegmentIndex) {
    const present = [...index.partitions()].filter((number) => index.frames(number))
    this.segmentBytes = index.segmentBytes
    this.#numbers = Uint32Array.from(present)
    this.#figures = Float64Array.from(
      present.flatMap((number) => [
        index.frames(number)!.baseOffset(0),
        index.reached(number)!.endOffset,
        index.payloadBytes(number),
      ]),
    )
  }

  shareOf(partition: number): PartitionShare | undefined {
    let low = 0
    let high = this.#numbers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers[middle]! < partition) low = middle + 1
      else high = middle
    }
    return this.#numbers[low] === partition ? this.#shareAt(low) : undefined
  }

  *shares(): Iterable<PartitionShare> {
    for (let row = 0; row < this.#numbers.length; row++) yield this.#shareAt(row)
  }

  #shareAt(row: number): PartitionShare {
    return {
      number: this.#numbers[row]!,
      firstOffset: this.#figures[row * 3]!,
      endOffset: this.#figures[row * 3 + 1]!,
      payloadBytes: this.#figures[row * 3 + 2]!,
    }
  }
}

const summaries = new WeakMap<Segment, SegmentSummary>()

export async function summaryOf(engine: Engine, state: LogState, segment: Segment): Promise<SegmentSummary> {
  const known = summaries.get(segment)
  if (known) return known
  const summary = new SegmentSummary(await indexOf(engine, state, segment))
  summaries.set(segment, summary)
  return summary
}
