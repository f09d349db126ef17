/** Buckets four to an octave from a hundredth of a millisecond up: a percentile is off by a fifth at most. */
const smallestMs = 0.01
const perOctave = 4
const bucketCount = 96

/**
 * How long the operations of the last while took: counts by duration, in slots of time that go round. Recording is an
 * increment, at whatever rate.
 */
export class LatencyWindow {
  readonly #slots: readonly Uint32Array[]
  #current = 0

  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, () => new Uint32Array(bucketCount))
  }

  record(ms: number): void {
    this.#slots[this.#current]![bucketOf(ms)]!++
  }

  /** Begins the next slot, and forgets the oldest. */
  turn(): void {
    this.#current = (this.#current + 1) % this.#slots.length
    this.#slots[this.#current]!.fill(0)
  }

  /** What that share of the operations stayed within, in milliseconds, rounded up to a bucket; 0 when there were none. */
  percentile(share: number): number {
    const counts = Array.from({ length: bucketCount }, () => 0)
    let all = 0
    for (const slot of this.#slots) {
      for (let bucket = 0; bucket < bucketCount; bucket++) {
        counts[bucket]! += slot[bucket]!
        all += slot[bucket]!
      }
    }
    if (all === 0) return 0
    let left = Math.ceil(all * share)
    const bucket = counts.findIndex((count) => (left -= count) <= 0)
    return smallestMs * 2 ** (bucket / perOctave)
  }
}

/** The first bucket whose upper edge isn't below. */
function bucketOf(ms: number): number {
  if (!(ms > smallestMs)) return 0
  return Math.min(bucketCount - 1, Math.ceil(Math.log2(ms / smallestMs) * perOctave))
}
