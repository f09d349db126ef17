/**
 * KIP-599's token bucket: it fills at a rate up to a burst, what is admitted is taken in full even where that leaves it below
 * zero, and whoever comes while it is below zero waits until it isn't. Unlike a rate over windows it forgets no debt and
 * takes a change of its rate without judging the past by it. Times are monotonic milliseconds.
 */
export class TokenBucket {
  #perSecond: number
  #burst: number
  #tokens: number
  #filledAtMs: number

  /** @param o.burst the most it holds, in the unit of what is recorded; it starts with `o.tokens`, or full */
  constructor(o: {
    readonly perSecond: number
    readonly burst: number
    readonly tokens?: number
    readonly nowMs: number
  }) {
    this.#perSecond = o.perSecond
    this.#burst = o.burst
    this.#tokens = o.tokens ?? o.burst
    this.#filledAtMs = o.nowMs
  }

  /** From now on; tokens beyond the new burst are lost, a debt stays. */
  change(o: { readonly perSecond: number; readonly burst: number }, nowMs: number): void {
    this.#fill(nowMs)
    this.#perSecond = o.perSecond
    this.#burst = o.burst
    this.#tokens = Math.min(this.#tokens, o.burst)
  }

  /** Takes `amount`, or puts it back when negative. */
  record(amount: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#tokens = Math.min(this.#burst, this.#tokens - amount)
  }

  tokens(nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens
  }

  /** Milliseconds until the tokens are no longer below zero; Infinity when nothing fills it. */
  throttleMs(nowMs: number): number {
    const tokens = this.tokens(nowMs)
    if (tokens >= 0) return 0
    return this.#perSecond > 0 ? (-tokens / this.#perSecond) * 1_000 : Infinity
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAtMs) return
    const added = ((nowMs - this.#filledAtMs) * this.#perSecond) / 1_000
    this.#tokens = Math.min(this.#burst, this.#tokens + added)
    this.#filledAtMs = nowMs
  }
}
