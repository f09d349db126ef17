/** A transaction whose records a read-committed reader leaves out. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker that ended it. */
  readonly lastOffset: number
  /** The last stable offset once it had ended: whatever ended later begins there or later. */
  readonly stableOffset: number
}

/** A range of offsets: from `from` up to, but without, `before`. */
export interface OffsetRange {
  readonly from: number
  readonly before: number
}

/** Whether to go on looking, in the order of their ends, for transactions that overlap the range. */
export const mayBeFollowed = ({ stableOffset }: AbortedTransaction, { before }: OffsetRange): boolean =>
  stableOffset < before

export const overlaps = ({ firstOffset, lastOffset }: AbortedTransaction, { from, before }: OffsetRange): boolean =>
  lastOffset >= from && firstOffset < before

/** The aborted transactions of a partition that ended last, in the order of their ends; older ones are in tables. */
export class RecentlyAborted {
  readonly #held: AbortedTransaction[] = []
  #from: number

  /** @param from no transaction that ended here or later is missing */
  constructor(from: number) {
    this.#from = from
  }

  /** Every transaction that ended at this offset or later is held. */
  get from(): number {
    return this.#from
  }

  add(transaction: AbortedTransaction): void {
    this.#held.push(transaction)
  }

  overlapping(range: OffsetRange): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let at = this.#firstEnding(range.from); at < this.#held.length; at++) {
      const transaction = this.#held[at]!
      if (overlaps(transaction, range)) found.push(transaction)
      if (!mayBeFollowed(transaction, range)) break
    }
    return found
  }

  /** Those that ended at `offset` or later. */
  since(offset: number): readonly AbortedTransaction[] {
    return this.#held.slice(this.#firstEnding(offset))
  }

  countSince(offset: number): number {
    return this.#held.length - this.#firstEnding(offset)
  }

  /** Lets go of all but the newest `count` of those that ended before `offset`: they are kept elsewhere. */
  trim(offset: number, count: number): void {
    const going = Math.min(this.#firstEnding(offset), this.#held.length - count)
    if (going <= 0) return
    this.#from = this.#held[going - 1]!.lastOffset + 1
    this.#held.splice(0, going)
  }

  #firstEnding(offset: number): number {
    let low = 0
    let high = this.#held.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#held[middle]!.lastOffset >= offset) high = middle
      else low = middle + 1
    }
    return low
  }
}
