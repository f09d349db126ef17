import { kafkaWindows, RateMeter } from './rate-meter.ts'

/** How long Kafka's brokers make a client wait that is over a rate: until the window's average is back at the bound. */
export function rateThrottleMs(o: {
  /** Bytes or requests per second, both. */
  readonly observed: number
  readonly bound: number
  readonly windowMs: number
  readonly throttleMsMax: number
}): number {
  if (o.observed <= o.bound) return 0
  if (o.bound <= 0) return o.throttleMsMax
  return Math.min(o.throttleMsMax, ((o.observed - o.bound) / o.bound) * o.windowMs)
}

/** A fixed bound on one node by Kafka's rate quota (KIP-13, KIP-219): the first of two kinds, for bounds that seldom change. */
export class RateQuota {
  readonly #meter: RateMeter
  readonly #throttleMsMax: number
  /** Bytes or requests per second; undefined throttles nothing. */
  bound: number | undefined

  constructor(o: {
    readonly bound: number | undefined
    readonly windows?: { readonly samples: number; readonly sampleMs: number }
    readonly throttleMsMax?: number
  }) {
    this.bound = o.bound
    this.#meter = new RateMeter(o.windows ?? kafkaWindows)
    this.#throttleMsMax = o.throttleMsMax ?? 60_000
  }

  /** Records what is being done and tells for how many milliseconds the channel is muted after the answer. */
  record(amount: number, nowMs: number): number {
    this.#meter.record(amount, nowMs)
    if (this.bound === undefined) return 0
    const observed = this.#meter.perSecond(nowMs)
    const windowMs = this.#meter.windowMs(nowMs)
    return rateThrottleMs({ observed, bound: this.bound, windowMs, throttleMsMax: this.#throttleMsMax })
  }

  /** For a fetch that was answered empty because it was throttled: its bytes don't count (KIP-219). */
  unrecord(amount: number, nowMs: number): void {
    this.#meter.record(-amount, nowMs)
  }
}
