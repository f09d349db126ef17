import { RateMeter } from './rate-meter.ts'
import { NodeWindow, windowMs } from './node-window.ts'
import { debtMsMax, type RateKind } from './rate-kinds.ts'
import type { SharedRates } from './shared-rates.ts'
import type { TenantQuota } from './tenant-quota.ts'
import { ThrottledTime } from './throttled-time.ts'
import { TokenBucket } from './token-bucket.ts'

/** What a tenant uses of one kind, held to a quota that may change at any time. Times are monotonic milliseconds. */
export interface RateThrottle {
  readonly kind: RateKind
  /** Per second; Infinity: unlimited. */
  quota: number
  readonly throttled: ThrottledTime
  /** Records what is done in any case; how long who did it has to wait. */
  record(amount: number, nowMs: number): number
  /** How long whoever comes now has to wait. */
  waitMs(nowMs: number): number
  /** Use per second over the last seconds. */
  perSecond(nowMs: number): number
}

/** Whether nothing more may be taken on. */
export const isRefused = (throttle: RateThrottle, nowMs: number): boolean =>
  throttle.quota === 0 || throttle.waitMs(nowMs) >= debtMsMax

const lately = { samples: 4, sampleMs: 1_000 } as const

/**
 * A rate over all nodes. The shared quota service tells when a tenant has to wait, and for how long at most. It plans for many
 * nodes, of which it hears late, and forgives what is older than a window; the only node of a cell has seen everything itself.
 * So nobody waits for longer than until the window has room again, and what is used beyond the quota in the long run, such as
 * by many clients with one large request each, is owed.
 */
export class SharedRateThrottle implements RateThrottle {
  readonly kind: RateKind
  readonly throttled = new ThrottledTime()
  readonly #meter = new RateMeter(lately)
  readonly #tenantId: string
  readonly #rates: SharedRates
  #quota: number
  #limits: Limits | undefined

  constructor(o: {
    readonly kind: RateKind
    readonly tenantId: string
    readonly quota: number
    readonly rates: SharedRates
  }) {
    this.kind = o.kind
    this.#tenantId = o.tenantId
    this.#quota = o.quota
    this.#rates = o.rates
  }

  get quota(): number {
    return this.#quota
  }

  set quota(perSecond: number) {
    if (perSecond === this.#quota) return
    this.#quota = perSecond
    // What was used under the old quota isn't judged by the new one.
    this.forget()
  }

  record(amount: number, nowMs: number): number {
    this.#meter.record(amount, nowMs)
    if (this.#quota === Infinity) return 0
    if (this.#quota === 0) return debtMsMax
    const { shared, window, owed } = this.#held(nowMs)
    window.record(amount, nowMs)
    owed.record(amount, nowMs)
    return bounded(this.#rates.record(shared, amount, nowMs), window.waitMs(nowMs), owed.throttleMs(nowMs))
  }

  waitMs(nowMs: number): number {
    if (this.#quota === Infinity) return 0
    if (this.#quota === 0) return debtMsMax
    const { shared, window, owed } = this.#held(nowMs)
    return bounded(shared.throttleMs(nowMs), window.waitMs(nowMs), owed.throttleMs(nowMs))
  }

  perSecond(nowMs: number): number {
    return this.#meter.perSecond(nowMs)
  }

  forget(): void {
    if (this.#limits) this.#rates.forget(this.#tenantId)
    this.#limits = undefined
  }

  #held(nowMs: number): Limits {
    if (this.#limits) return this.#limits
    const perSecond = this.#quota
    const burst = (perSecond * windowMs) / 1_000
    this.#limits = {
      shared: this.#rates.tenant(this.#tenantId, perSecond, nowMs),
      window: new NodeWindow(perSecond),
      owed: new TokenBucket({ perSecond, burst, nowMs }),
    }
    return this.#limits
  }
}

interface Limits {
  readonly shared: TenantQuota
  readonly window: NodeWindow
  readonly owed: TokenBucket
}

const bounded = (waitMs: number, mostMs: number, leastMs: number): number => Math.max(Math.min(waitMs, mostMs), leastMs)

/** Kafka's windows: so much may be saved up. */
const burstSeconds = 11

/** A rate of what comes seldom and in lumps, on this node: KIP-599's token bucket. */
export class BucketThrottle implements RateThrottle {
  readonly kind: RateKind
  readonly throttled = new ThrottledTime()
  readonly #meter = new RateMeter({ samples: 11, sampleMs: 1_000 })
  #quota: number
  #bucket: TokenBucket | undefined

  constructor(o: { readonly kind: RateKind; readonly quota: number }) {
    this.kind = o.kind
    this.#quota = o.quota
  }

  get quota(): number {
    return this.#quota
  }

  set quota(perSecond: number) {
    if (perSecond === this.#quota) return
    this.#quota = perSecond
    this.#bucket = undefined
  }

  record(amount: number, nowMs: number): number {
    this.#meter.record(amount, nowMs)
    if (this.#quota === Infinity) return 0
    this.#held(nowMs).record(amount, nowMs)
    return this.waitMs(nowMs)
  }

  waitMs(nowMs: number): number {
    if (this.#quota === Infinity) return 0
    return this.#quota === 0 ? debtMsMax : this.#held(nowMs).throttleMs(nowMs)
  }

  perSecond(nowMs: number): number {
    return this.#meter.perSecond(nowMs)
  }

  #held(nowMs: number): TokenBucket {
    return (this.#bucket ??= new TokenBucket({ perSecond: this.#quota, burst: this.#quota * burstSeconds, nowMs }))
  }
}
