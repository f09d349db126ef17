import { invariant } from '@koine/base'

/** Kafka's windows for client quotas: `quota.window.num` samples of `quota.window.size.seconds`. */
export const kafkaWindows = { samples: 11, sampleMs: 1_000 } as const

/**
 * What was used per second over the last samples, as Kafka's `Rate` over `SampledStat` measures it: the sample that is being
 * filled counts with the time gone by in it, and a young meter is treated as if it had been quiet before.
 * Recording allocates nothing. Times are monotonic milliseconds; one that lies before the last is taken as the last.
 */
export class RateMeter {
  readonly #samples: Float64Array
  readonly #sampleMs: number
  #turn = -1
  #total = 0

  constructor({ samples, sampleMs }: { readonly samples: number; readonly sampleMs: number } = kafkaWindows) {
    invariant(samples > 1 && sampleMs > 0, 'a rate needs two samples of some length')
    this.#samples = new Float64Array(samples)
    this.#sampleMs = sampleMs
  }

  /** @param amount bytes or requests; negative takes back what was recorded and then not done */
  record(amount: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#samples[this.#turn % this.#samples.length]! += amount
    this.#total += amount
  }

  /** Bytes or requests per second. */
  perSecond(nowMs: number): number {
    this.#advance(nowMs)
    return (Math.max(0, this.#total) / this.windowMs(nowMs)) * 1_000
  }

  /** The time that `perSecond` is measured over: all full samples and what has gone by of the one being filled. */
  windowMs(nowMs: number): number {
    const inSample = Math.max(0, nowMs - Math.max(this.#turn, 0) * this.#sampleMs)
    return (this.#samples.length - 1) * this.#sampleMs + Math.min(inSample, this.#sampleMs)
  }

  #advance(nowMs: number): void {
    const turn = Math.floor(nowMs / this.#sampleMs)
    if (turn <= this.#turn) return
    const samples = this.#samples
    const gone = Math.min(turn - Math.max(this.#turn, 0), samples.length)
    for (let i = 0; i < gone; i++) samples[(turn - i) % samples.length] = 0
    this.#turn = turn
    // Summed anew rather than subtracted from, so that rounding errors never pile up.
    let total = 0
    for (const sample of samples) total += sample
    this.#total = total
  }
}
