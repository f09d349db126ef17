import type { Clock, Metrics } from '@koine/base'
import type { TenantQuotas } from '@koine/services-tenancy'
import type { TenantScope } from '@koine/stores-ports'
import type { EntityQuotas } from '../quotas/client-quotas.ts'
import { type ClientThrottle } from './client-throttles.ts'
import { sharedKinds, type SharedKind } from './rate-kinds.ts'
import { type Backpressure, RequestCharges } from './request-charges.ts'
import { SharedRates } from './shared-rates.ts'
import { TenantThrottle, type ThrottlingReport } from './tenant-throttle.ts'
import { exposeThrottling } from './throttling-metrics.ts'

export interface ThrottlingParts {
  readonly clock: Clock
  readonly metrics: Metrics
  /** What a tenant has been given. */
  readonly quotasOf: (tenantId: TenantScope['tenantId']) => Promise<TenantQuotas>
  readonly backpressure?: Backpressure | undefined
  /** What each tenant grants its own clients. */
  readonly grantedBy: (scope: TenantScope) => Promise<readonly EntityQuotas[]>
}

/** Long enough that no debt is forgotten that somebody would still have to wait for. */
const idleMs = 120_000
/** Tenants beyond are forgotten when they are idle, whatever they owe. */
const heldMax = 10_000

const nobody: ClientThrottle = {
  producer_byte_rate: undefined,
  consumer_byte_rate: undefined,
  request_percentage: undefined,
  mutations: undefined,
}

/** Holds tenants to their quotas, and a tenant's clients to what it grants them. */
export class Throttling implements Disposable {
  readonly #parts: ThrottlingParts
  readonly #shared: { readonly [kind in SharedKind]: SharedRates }
  readonly #tenants = new Map<string, TenantThrottle>()
  readonly #opening = new Map<string, Promise<TenantThrottle>>()
  #sweptAtMs: number

  constructor(parts: ThrottlingParts) {
    this.#parts = parts
    this.#sweptAtMs = parts.clock.monotonic()
    this.#shared = Object.fromEntries(sharedKinds.map((kind) => [kind, new SharedRates(parts.clock)])) as {
      [kind in SharedKind]: SharedRates
    }
    exposeThrottling(parts.metrics, { clock: parts.clock, tenants: () => this.#tenants.values() })
  }

  /** The tenant's state here, read at its first use. */
  of(scope: TenantScope): TenantThrottle | Promise<TenantThrottle> {
    return this.#tenants.get(scope.tenantId) ?? this.#open(scope)
  }

  /** Undefined while the tenant isn't in use here. */
  held(tenantId: string): TenantThrottle | undefined {
    return this.#tenants.get(tenantId)
  }

  async quotas(scope: TenantScope): Promise<TenantQuotas> {
    return (await this.of(scope)).quotas
  }

  /** For one request. @param client who it is, where the tenant may have granted it something */
  charges(tenant: TenantThrottle, client: ClientThrottle = nobody): RequestCharges {
    const { clock, backpressure } = this.#parts
    return new RequestCharges({ tenant, client, backpressure, clock })
  }

  /** To be called when a tenant's quotas have changed: they hold from then on. */
  async quotasChanged(tenantId: TenantScope['tenantId']): Promise<void> {
    await this.#opening.get(tenantId)
    const tenant = this.#tenants.get(tenantId)
    if (tenant) tenant.quotas = await this.#parts.quotasOf(tenantId)
  }

  /** To be called when a tenant has changed what it grants its clients. */
  async grantsChanged(scope: TenantScope): Promise<void> {
    const tenant = this.#tenants.get(scope.tenantId) ?? (await this.#opening.get(scope.tenantId))
    if (!tenant) return
    tenant.clients.load(await this.#parts.grantedBy(scope))
    tenant.release()
  }

  /** How a tenant in use here stands to its quotas; undefined when it isn't. */
  describe(tenantId: string): ThrottlingReport | undefined {
    return this.#tenants.get(tenantId)?.describe(this.#parts.clock.monotonic())
  }

  forget(tenantId: string): void {
    this.#tenants.get(tenantId)?.forget()
    this.#tenants.delete(tenantId)
  }

  [Symbol.dispose](): void {
    for (const rates of Object.values(this.#shared)) rates[Symbol.dispose]()
  }

  #open(scope: TenantScope): Promise<TenantThrottle> {
    const { tenantId } = scope
    const opening = this.#opening.get(tenantId)
    if (opening) return opening
    const opened = this.#read(scope).finally(() => this.#opening.delete(tenantId))
    this.#opening.set(tenantId, opened)
    return opened
  }

  async #read(scope: TenantScope): Promise<TenantThrottle> {
    const { clock, quotasOf, grantedBy } = this.#parts
    const { tenantId } = scope
    const [quotas, granted] = await Promise.all([quotasOf(tenantId), grantedBy(scope)])
    const nowMs = clock.monotonic()
    this.#sweep(nowMs)
    const tenant = new TenantThrottle({ tenantId, quotas, shared: this.#shared, nowMs })
    tenant.clients.load(granted)
    this.#tenants.set(tenantId, tenant)
    return tenant
  }

  #sweep(nowMs: number): void {
    const isFull = this.#tenants.size >= heldMax
    if (!isFull && nowMs - this.#sweptAtMs < idleMs) return
    this.#sweptAtMs = nowMs
    for (const [tenantId, tenant] of this.#tenants) if (tenant.isIdle(nowMs, idleMs)) this.forget(tenantId)
    if (this.#tenants.size < heldMax) return
    for (const [tenantId, tenant] of this.#tenants) if (tenant.isIdle(nowMs, 0)) return this.forget(tenantId)
  }
}
