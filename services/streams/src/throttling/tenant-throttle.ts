import { KoineError } from '@koine/base'
import type { TenantQuotas } from '@koine/services-tenancy'
import { ClientThrottles } from './client-throttles.ts'
import { type RateKind, rateKinds, type SharedKind } from './rate-kinds.ts'
import { BucketThrottle, isRefused, type RateThrottle, SharedRateThrottle } from './rate-throttle.ts'
import type { SharedRates } from './shared-rates.ts'

/** What one kind is used, for people to look at. */
export interface KindReport {
  /** Per second; Infinity: unlimited. */
  readonly quota: number
  /** Over the last seconds. */
  readonly perSecond: number
  /** For how long connections were muted in about the last minute, all together. */
  readonly throttledMs: number
}

export type ThrottlingReport = { readonly [kind in RateKind]: KindReport } & {
  readonly connections: { readonly quota: number; readonly open: number }
}

/** One tenant on this node: its quotas, what it uses of them, and who of it waits. Times are monotonic milliseconds. */
export class TenantThrottle {
  readonly tenantId: string
  readonly rates: { readonly [kind in RateKind]: RateThrottle }
  /** What the tenant grants its own clients. */
  readonly clients = new ClientThrottles()
  readonly #shared: readonly SharedRateThrottle[]
  readonly #waiting = new Set<() => void>()
  #quotas: TenantQuotas
  #connections = 0
  #usedAtMs: number

  constructor(o: {
    readonly tenantId: string
    readonly quotas: TenantQuotas
    readonly shared: { readonly [kind in SharedKind]: SharedRates }
    readonly nowMs: number
  }) {
    const { tenantId, quotas } = o
    this.tenantId = tenantId
    this.#quotas = quotas
    this.#usedAtMs = o.nowMs
    const shared = (kind: SharedKind) =>
      new SharedRateThrottle({ kind, tenantId, quota: quotas[kind], rates: o.shared[kind] })
    const bucket = (kind: RateKind) => new BucketThrottle({ kind, quota: quotas[kind] })
    const divided = {
      produceBytesPerSecond: shared('produceBytesPerSecond'),
      fetchBytesPerSecond: shared('fetchBytesPerSecond'),
      requestsPerSecond: shared('requestsPerSecond'),
      requestPercentage: shared('requestPercentage'),
    }
    this.#shared = Object.values(divided)
    this.rates = {
      ...divided,
      partitionMutationsPerSecond: bucket('partitionMutationsPerSecond'),
      connectionsPerSecond: bucket('connectionsPerSecond'),
    }
  }

  get quotas(): TenantQuotas {
    return this.#quotas
  }

  /** From now on, and for those who wait as well: whoever was muted under the old ones is read again. */
  set quotas(quotas: TenantQuotas) {
    this.#quotas = quotas
    for (const kind of rateKinds) this.rates[kind].quota = quotas[kind]
    this.release()
  }

  /** Ends all waiting. */
  release(): void {
    for (const lift of this.#waiting) lift()
  }

  /** Calls when waiting is over before its time. */
  whileWaiting(lift: () => void): Disposable {
    this.#waiting.add(lift)
    return { [Symbol.dispose]: () => void this.#waiting.delete(lift) }
  }

  /**
   * Takes one more connection in.
   * @returns for how long it isn't served yet
   * @throws KoineError `overloaded` when there are as many as there may be, or too many came lately
   */
  connect(address: string, nowMs: number): { readonly waitMs: number } & Disposable {
    this.used(nowMs)
    const rate = this.rates.connectionsPerSecond
    if (this.#connections >= this.#quotas.connections) {
      throw new KoineError('overloaded', `The tenant has ${this.#connections} connections, as many as it may.`)
    }
    if (isRefused(rate, nowMs)) {
      throw new KoineError('overloaded', `The tenant may open ${rate.quota} connections a second.`)
    }
    const waitMs = Math.max(rate.record(1, nowMs), this.clients.connected(address, nowMs))
    if (waitMs > 0) rate.throttled.record(waitMs, nowMs)
    this.#connections++
    return { waitMs, [Symbol.dispose]: () => void this.#connections-- }
  }

  used(nowMs: number): void {
    this.#usedAtMs = nowMs
  }

  /** Whether nobody is connected and nothing was done for so long that no debt can be left. */
  isIdle(nowMs: number, forMs: number): boolean {
    return this.#connections === 0 && nowMs - this.#usedAtMs >= forMs
  }

  forget(): void {
    for (const each of this.#shared) each.forget()
    this.release()
  }

  describe(nowMs: number): ThrottlingReport {
    const of = (kind: RateKind): KindReport => {
      const { quota, throttled } = this.rates[kind]
      return { quota, perSecond: this.rates[kind].perSecond(nowMs), throttledMs: throttled.lastMinuteMs(nowMs) }
    }
    return {
      produceBytesPerSecond: of('produceBytesPerSecond'),
      fetchBytesPerSecond: of('fetchBytesPerSecond'),
      requestsPerSecond: of('requestsPerSecond'),
      requestPercentage: of('requestPercentage'),
      partitionMutationsPerSecond: of('partitionMutationsPerSecond'),
      connectionsPerSecond: of('connectionsPerSecond'),
      connections: { quota: this.#quotas.connections, open: this.#connections },
    }
  }
}
