export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

interface Range {
  readonly from: number
  /** The offset of the marker that ended it; until that is met, everything. */
  to: number
}

/** Which batches of which producers belong to transactions that were aborted, learned on a walk through a partition. */
export class AbortedRanges {
  readonly #ranges = new Map<number, Range[]>()

  /** Naming one again changes nothing. */
  begin({ producerId, firstOffset }: AbortedTransaction): void {
    const ranges = this.#ranges.get(producerId) ?? []
    this.#ranges.set(producerId, ranges)
    if (!ranges.some(({ from }) => from === firstOffset)) ranges.push({ from: firstOffset, to: Infinity })
  }

  /** An abort marker of the producer stands at `offset`: what of it began before is over. */
  end(producerId: number, offset: number): void {
    for (const range of this.#ranges.get(producerId) ?? []) {
      if (range.from <= offset && range.to === Infinity) range.to = offset
    }
  }

  covers(producerId: number, offset: number): boolean {
    return (this.#ranges.get(producerId) ?? []).some(({ from, to }) => from <= offset && offset < to)
  }
}
