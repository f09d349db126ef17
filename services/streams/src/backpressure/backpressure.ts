import { type BackpressureSettings, defaultBackpressureSettings } from './backpressure-settings.ts'
import { fairLevel } from './fair-level.ts'
import { Pressure, type Signal, type SignalName } from './pressure.ts'
import { TenantWork } from './tenant-work.ts'
import { WorkBound } from './work-bound.ts'
import { WorkRate } from './work-rate.ts'

/** Work is counted in bytes, a request's own cost included; rates are per second. */
export interface BackpressureState {
  /** Whether a signal is beyond its limit now. The bound outlasts it. */
  readonly overloaded: boolean
  /** The signal nearest to its limit, or furthest beyond it. */
  readonly signal: SignalName | undefined
  /** That signal over its limit. */
  readonly pressure: number
  /** What all tenants together are held to; undefined while nobody is. */
  readonly bound: number | undefined
  /** What they do together. */
  readonly rate: number
  /** Tenants of which a connection is muted now. */
  readonly slowedTenants: number
  /** Milliseconds of mute, over all connections, since the start. */
  readonly slowedMs: number
}

export interface TenantBackpressure {
  readonly tenantId: string
  readonly rate: number
  /** What it may do; undefined while nobody is held to anything. */
  readonly slice: number | undefined
  readonly slowedMs: number
}

/**
 * Slows every tenant in proportion to its quota when the node has more to do than it can: what the node admits is bounded by
 * what it has shown that it can do, the bound is divided among the tenants at work, and what a tenant does beyond its slice
 * mutes the connection that it came by. A tenant within its slice isn't slowed, whatever the others do. Once the queues are
 * gone the bound rises, and it is lifted when nobody needs it any more. Times are monotonic milliseconds.
 */
export class Backpressure {
  readonly settings: BackpressureSettings
  readonly #pressure: Pressure
  readonly #bound: WorkBound
  readonly #rate = new WorkRate()
  readonly #tenants = new Map<string, TenantWork>()
  /** A tenant's slice is so much times its weight. */
  #level = Infinity
  #tickedAtMs: number
  /** When the last of those that are muted now may go on. */
  #mutedUntilMs = -Infinity
  #slowedMs = 0
  #mutes = 0
  /** The same at the last tick. */
  #before = { slowedMs: 0, mutes: 0 }
  #isResting = true
  /** Called at the first work after a rest: whoever keeps the time ticks from then on. */
  onWork: () => void = () => {}

  constructor(o: { readonly settings?: Partial<BackpressureSettings>; readonly nowMs: number }) {
    this.settings = { ...defaultBackpressureSettings, ...o.settings }
    this.#pressure = new Pressure(this.settings)
    this.#bound = new WorkBound(this.settings, o.nowMs)
    this.#tickedAtMs = o.nowMs
  }

  /** From now on this, too, tells whether the node is overloaded; until disposal. */
  watch(signal: Signal): Disposable {
    return this.#pressure.watch(signal)
  }

  /**
   * Counts a request's work.
   * @param o.weight the tenant's quota: bytes a second, above 0
   * @param o.bytes of the request and its answer
   * @returns milliseconds for which its connection is muted after the answer; nearly always 0
   */
  record(tenantId: string, o: { readonly weight: number; readonly bytes: number; readonly nowMs: number }): number {
    const work = o.bytes + this.settings.requestCostBytes
    if (this.#isResting) this.#wake(o.nowMs)
    this.#rate.record(work)
    const tenant = this.#tenant(tenantId, o)
    if (!tenant) return 0
    tenant.rate.record(work)
    tenant.usedAtMs = o.nowMs
    tenant.weight = Math.max(1, o.weight)
    if (this.#level === Infinity) return 0
    const muteMs = tenant.charge(work, {
      slice: this.#level * tenant.weight,
      nowMs: o.nowMs,
      burstMs: this.settings.burstMs,
      muteMsMax: this.#bound.muteMsMax,
    })
    if (muteMs === 0) return 0
    this.#mutedUntilMs = Math.max(this.#mutedUntilMs, o.nowMs + muteMs)
    this.#slowedMs += muteMs
    this.#mutes++
    return muteMs
  }

  /**
   * Looks at the signals and divides anew; to be called about every `tickMs` while there is work.
   * @returns false when there is nothing more to look at until `onWork`
   */
  tick(nowMs: number): boolean {
    const { rateMs, enabled } = this.settings
    const elapsedMs = nowMs - this.#tickedAtMs
    if (elapsedMs <= 0) return true
    const slowed = this.#mutedUntilMs >= this.#tickedAtMs
    this.#tickedAtMs = nowMs
    this.#pressure.look()
    const done = this.#rate.tick(elapsedMs, rateMs)
    this.#tickTenants(nowMs, elapsedMs)
    if (enabled) {
      const pressure = this.#pressure.worst?.level ?? 0
      const signal = this.#pressure.limiting
      const busy = this.#pressure.busy(this.#bound.limitedBy)
      const { queueMs } = this.#pressure
      const muteMs = this.#muteMs()
      const queues = this.#bound.look({ pressure, signal, busy, muteMs, done, slowed, nowMs })
      this.#divide(nowMs)
      if (queues) this.#chargeQueue(queueMs - muteMs, nowMs)
    }
    this.#isResting = this.#tenants.size === 0 && this.#level === Infinity
    return !this.#isResting
  }

  forget(tenantId: string): void {
    this.#tenants.delete(tenantId)
  }

  state(): BackpressureState {
    const worst = this.#pressure.worst
    let slowedTenants = 0
    for (const { mutedUntilMs } of this.#tenants.values()) if (mutedUntilMs > this.#tickedAtMs) slowedTenants++
    return {
      overloaded: (worst?.level ?? 0) > 1,
      signal: worst?.name,
      pressure: worst?.level ?? 0,
      bound: finite(this.#bound.perSecond),
      rate: this.#rate.perSecond,
      slowedTenants,
      slowedMs: this.#slowedMs,
    }
  }

  /** Each signal over its limit. */
  pressures(): readonly { readonly name: SignalName; readonly level: number }[] {
    return this.#pressure.levels()
  }

  /** Of those that did something of late. */
  *tenants(): Iterable<TenantBackpressure> {
    for (const [tenantId, { rate, weight, slowedMs }] of this.#tenants) {
      yield { tenantId, rate: rate.perSecond, slice: finite(this.#level * weight), slowedMs }
    }
  }

  #wake(nowMs: number): void {
    this.#isResting = false
    this.#tickedAtMs = nowMs
    this.onWork()
  }

  #tenant(tenantId: string, { weight, nowMs }: { weight: number; nowMs: number }): TenantWork | undefined {
    const known = this.#tenants.get(tenantId)
    if (known) return known
    if (this.#tenants.size >= this.settings.tenantsMax) return undefined
    const tenant = new TenantWork(weight, nowMs)
    this.#tenants.set(tenantId, tenant)
    return tenant
  }

  #tickTenants(nowMs: number, elapsedMs: number): void {
    const { rateMs, idleMs } = this.settings
    for (const [tenantId, tenant] of this.#tenants) {
      if (nowMs - tenant.usedAtMs >= idleMs) this.#tenants.delete(tenantId)
      else tenant.rate.tick(elapsedMs, rateMs)
    }
  }

  #divide(nowMs: number): void {
    const bound = this.#bound.perSecond
    if (bound === Infinity) {
      if (this.#level !== Infinity) for (const tenant of this.#tenants.values()) tenant.forgive()
      this.#level = Infinity
      return
    }
    const claims = Array.from(this.#tenants.values(), (tenant) => ({
      weight: tenant.weight,
      demand: this.#demand(tenant, nowMs),
    }))
    this.#level = fairLevel(bound, claims)
  }

  /** The mean of those since the last tick. */
  #muteMs(): number {
    const { slowedMs, mutes } = this.#before
    this.#before = { slowedMs: this.#slowedMs, mutes: this.#mutes }
    return this.#mutes === mutes ? 0 : (this.#slowedMs - slowedMs) / (this.#mutes - mutes)
  }

  /** What one would do that is slowed can't be seen. */
  #demand({ rate, mutedUntilMs }: TenantWork, nowMs: number): number {
    return nowMs - mutedUntilMs < this.settings.hungryMs ? Infinity : rate.perSecond
  }

  /**
   * The queue that stands in the node is the work of those who want more than their slice, and comes again as soon as it is
   * done. What of it is longer than their mutes moves there, where it harms nobody.
   */
  #chargeQueue(queueMs: number, nowMs: number): void {
    if (queueMs <= 0) return
    for (const tenant of this.#tenants.values()) {
      const slice = this.#level * tenant.weight
      if (this.#demand(tenant, nowMs) >= slice) tenant.owe(queueMs, nowMs)
    }
  }
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)
