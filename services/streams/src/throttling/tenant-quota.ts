import { RateMeter } from './rate-meter.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Slice, TenantUse } from './quota-messages.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

/**
 * One tenant's quota of one kind on one node. While the shared quota service has assigned no slice it only measures. A slice
 * is enforced by Kafka's formula, (observed − bound) / bound × window, which is the use beyond the slice over the slice; that
 * excess is kept in a bucket rather than a window, because slices change every second: what was used under an earlier slice
 * is judged by that one, and no debt is forgotten when a window rolls on.
 */
export class TenantQuota {
  readonly #tenantId: string
  readonly #settings: ThrottlingSettings
  readonly #meter = new RateMeter({ samples: 11, sampleMs: 100 })
  #quota: number
  #slice: Slice | undefined
  #bucket: TokenBucket | undefined
  #total = 0
  #throttled = false
  #usedAtMs = -Infinity
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

  /** @param fresh whether its credit is new, rather than an early correction of what was given in this second */
  assign(slice: Slice | undefined, nowMs: number, fresh = true): void {
    if (slice === this.#slice) return
    this.#slice = slice
    if (!slice) this.#bucket = undefined
    else {
      const { perSecond, credit } = slice
      const change = { perSecond, burst: Math.max(credit, (perSecond * this.#settings.burstMs) / 1_000) }
      // Credit is given anew with a full assignment only, less what the service can't know of yet; a debt stays.
      const renews = !this.#bucket || (fresh && this.#bucket.tokens(nowMs) >= 0)
      if (this.#bucket && !renews) this.#bucket.change(change, nowMs)
      else {
        const unreported = Math.max(0, this.#total - this.#reported.total)
        this.#bucket = new TokenBucket({ ...change, tokens: Math.max(0, credit - unreported), nowMs })
      }
    }
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
    const waitMs = Math.min(this.#bucket?.throttleMs(nowMs) ?? 0, this.#settings.throttleMsMax)
    if (waitMs > 0) this.#throttled = true
    return waitMs
  }

  /** Whether the service must hear of it before the second is over: use that it can't have foreseen, or a first wait. */
  surprises(nowMs: number): boolean {
    const { total, perSecond, throttled, atMs } = this.#reported
    if (nowMs - atMs < this.#settings.reportGapMs) return false
    if (this.#throttled && !throttled) return true
    const foreseen = (perSecond * (nowMs - atMs)) / 1_000
    return this.#total - total - foreseen > this.#quota * this.#settings.surpriseShare
  }

  /** Whether it belongs into the report of every second; a few more after its last use make sure that its end is heard of. */
  isActive(nowMs: number): boolean {
    return nowMs - this.#usedAtMs < this.#settings.silentMs + this.#settings.reportMs
  }

  report(nowMs: number): TenantUse {
    const perSecond = this.#meter.perSecond(nowMs)
    const use = { tenantId: this.#tenantId, total: this.#total, perSecond, throttled: this.#throttled }
    this.#reported = { total: use.total, perSecond, throttled: use.throttled, atMs: nowMs }
    this.#throttled = false
    return use
  }
}
