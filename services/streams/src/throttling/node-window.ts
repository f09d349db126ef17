import { TokenBucket } from './token-bucket.ts'

const samples = 100
const sampleMs = 100
/** What a quota is an average over. */
export const windowMs = samples * sampleMs
/** While it is held to its rate a tenant may save up so much, so that clients who come a little late lose nothing. */
const burstMs = 1_000

/**
 * What a tenant may still do on the only node of a cell, which has seen all of its use: a window's worth at once or as it
 * likes, and when that is used up, the rate. Times are monotonic milliseconds.
 */
export class NodeWindow {
  readonly #quota: number
  readonly #used = new Float64Array(samples)
  #turn = -1
  #total = 0
  /** There from when the window is used up to when it hasn't been for two. */
  #pace: TokenBucket | undefined
  #fullAtMs = -Infinity

  /** @param quota per second, above 0 */
  constructor(quota: number) {
    this.#quota = quota
  }

  record(amount: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#used[this.#turn % samples]! += amount
    this.#total += amount
    this.#pace?.record(amount, nowMs)
    if (this.#total < this.#most) return
    this.#fullAtMs = nowMs
    const perSecond = this.#quota
    const over = this.#most - this.#total
    this.#pace ??= new TokenBucket({ perSecond, burst: (perSecond * burstMs) / 1_000, tokens: over, nowMs })
  }

  /** How long whoever comes now has to wait. */
  waitMs(nowMs: number): number {
    if (!this.#pace) return 0
    this.#advance(nowMs)
    const waitMs = Math.max(this.#pace.throttleMs(nowMs), this.#untilRoomMs(nowMs))
    if (waitMs === 0 && nowMs - this.#fullAtMs > 2 * windowMs) this.#pace = undefined
    return waitMs
  }

  get #most(): number {
    return (this.#quota * windowMs) / 1_000
  }

  /** Until so much has left the window that it holds no more than the quota. */
  #untilRoomMs(nowMs: number): number {
    let over = this.#total - this.#most
    let turn = this.#turn - samples
    while (over > 0) over -= this.#used[(++turn + samples) % samples]!
    return turn === this.#turn - samples ? 0 : (turn + samples) * sampleMs - nowMs
  }

  #advance(nowMs: number): void {
    const turn = Math.floor(nowMs / sampleMs)
    if (turn <= this.#turn) return
    const gone = Math.min(turn - Math.max(this.#turn, 0), samples)
    for (let i = 0; i < gone; i++) this.#used[(turn - i) % samples] = 0
    this.#turn = turn
    // Summed anew, so that rounding errors never pile up.
    let total = 0
    for (const sample of this.#used) total += sample
    this.#total = total
  }
}
