import { RateMeter } from './rate-meter.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Slice, TenantUse } from './quota-messages.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

/** Short, because what it tells is drawn out until the next report. */
const justNow = { samples: 4, sampleMs: 100 } as const

/**
 * One tenant's quota of one kind on one node. While the shared quota service has assigned no slice it only measures. With a
 * slice its use may grow by the credit and by what the rate adds since; whoever is beyond that waits until the rate has made
 * it good, which is Kafka's formula: (observed − bound) / bound × window.
 */
export class TenantQuota {
  readonly #tenantId: string
  readonly #settings: ThrottlingSettings
  readonly #meter = new RateMeter(justNow)
  #quota: number
  #slice: Slice | undefined
  #bucket: TokenBucket | undefined
  #total = 0
  #usedAtMs = -Infinity
  #pausedUntilMs = -Infinity
  #waitingUntilMs = -Infinity
  #reported = { total: 0, perSecond: 0, throttled: false, atMs: 0 }

  constructor(o: { readonly tenantId: string; readonly quota: number; readonly settings: ThrottlingSettings }) {
    this.#tenantId = o.tenantId
    this.#quota = o.quota
    this.#settings = o.settings
  }

  /** Undefined: not throttled here. */
  get slice(): Slice | undefined {
    return this.#slice
  }

  /** Over all nodes, per second. */
  get quota(): number {
    return this.#quota
  }

  set quota(perSecond: number) {
    this.#quota = perSecond
  }

  assign(slice: Slice | undefined, nowMs: number): void {
    if (slice === this.#slice) return
    this.#slice = slice
    this.#bucket = slice && this.#bucketOf(slice, nowMs)
  }

  /** Records bytes or requests that were admitted; milliseconds for which the channel is muted after the answer. */
  record(amount: number, nowMs: number): number {
    this.#meter.record(amount, nowMs)
    this.#total += amount
    this.#usedAtMs = nowMs
    if (!this.#bucket) return 0
    this.#bucket.record(amount, nowMs)
    return this.throttleMs(nowMs)
  }

  /** For a fetch that was answered empty because it was throttled: its bytes don't count (KIP-219). */
  unrecord(amount: number, nowMs: number): void {
    this.#meter.record(-amount, nowMs)
    this.#total -= amount
    this.#bucket?.record(-amount, nowMs)
  }

  /** How long whoever comes now has to wait. */
  throttleMs(nowMs: number): number {
    if (!this.#bucket) return 0
    const byRateMs = this.#bucket.throttleMs(nowMs)
    if (byRateMs === 0) return 0
    const pauseMs = Math.max(0, this.#pausedUntilMs - nowMs)
    const waitMs = Math.min(
      pauseMs + byRateMs,
      this.#soonestMs(-this.#bucket.tokens(nowMs)),
      this.#settings.throttleMsMax,
    )
    this.#waitingUntilMs = Math.max(this.#waitingUntilMs, nowMs + waitMs)
    return waitMs
  }

  /** Whether the service must hear of it before the second is over: it is near its quota, or what it does can't have been foreseen. */
  surprises(nowMs: number): boolean {
    const { total, perSecond, throttled, atMs } = this.#reported
    const { reportGapMs, nearReportMs, surpriseShare } = this.#settings
    const sinceMs = nowMs - atMs
    if (sinceMs < reportGapMs) return false
    if (this.#isWaiting && !throttled) return true
    if (Math.abs(this.#total - total - (perSecond * sinceMs) / 1_000) > this.#quota * surpriseShare) return true
    if (this.#total === total) return false
    // A flood that goes on as foreseen is told of again, since the first word of it may have been lost.
    return this.#bucket ? sinceMs >= nearReportMs : perSecond > this.#quota
  }

  /** Whether it belongs into the report of every second; a few more after its last use make sure that its end is heard of. */
  isActive(nowMs: number): boolean {
    const { silentMs, reportMs } = this.#settings
    return nowMs - this.#usedAtMs < silentMs + reportMs || nowMs < this.#waitingUntilMs
  }

  report(nowMs: number): TenantUse {
    const use = {
      tenantId: this.#tenantId,
      total: this.#total,
      perSecond: this.#meter.perSecond(nowMs),
      throttled: this.#isWaiting,
    }
    this.#reported = { total: use.total, perSecond: use.perSecond, throttled: use.throttled, atMs: nowMs }
    return use
  }

  /** Whether clients wait, or have waited since the last report. */
  get #isWaiting(): boolean {
    return this.#waitingUntilMs > this.#reported.atMs
  }

  #bucketOf({ perSecond, credit, pauseMs }: Slice, nowMs: number): TokenBucket {
    this.#pausedUntilMs = nowMs + pauseMs
    if (credit) {
      const tokens = (credit.from ?? this.#total) + credit.amount - this.#total
      return new TokenBucket({ perSecond, burst: Infinity, tokens, nowMs })
    }
    // Held to the rate alone, what was saved up goes and a debt stays.
    const burst = pauseMs > 0 ? 0 : (perSecond * this.#settings.burstMs) / 1_000
    const tokens = Math.min(this.#bucket?.tokens(nowMs) ?? 0, burst)
    return new TokenBucket({ perSecond, burst, tokens, nowMs })
  }

  /** A rate may be next to nothing for a while, but not for longer than it takes the window to forget. */
  #soonestMs(debt: number): number {
    const { windowMs, spareWaitMs } = this.#settings
    const everywhere = this.#slice?.credit?.everywhere ?? 0
    return debt < everywhere ? spareWaitMs : windowMs + (debt / this.#quota) * 1_000
  }
}
