import {
  isNewer,
  type MessageOrder,
  type Slice,
  type SliceAssignment,
  type TenantUse,
  type UseReport,
} from './quota-messages.ts'
import { TenantQuota } from './tenant-quota.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

/** All tenants' quotas of one kind on one node, and its side of the talk with the shared quota service. */
export class NodeQuotas {
  readonly #nodeId: string
  readonly #term: number
  readonly #settings: ThrottlingSettings
  readonly #tenants = new Map<string, TenantQuota>()
  /** Of all tenants near their quota, also of those that aren't in use here yet. */
  readonly #slices = new Map<string, Slice>()
  #version = 0
  #reportedAtMs = -Infinity
  #heard: MessageOrder | undefined
  #heardAtMs: number
  #alone = false

  /** @param o.term higher at each start of the node, since its totals begin anew */
  constructor(o: {
    readonly nodeId: string
    readonly term: number
    readonly settings: ThrottlingSettings
    readonly nowMs: number
  }) {
    this.#nodeId = o.nodeId
    this.#term = o.term
    this.#settings = o.settings
    this.#heardAtMs = o.nowMs
  }

  /** The tenant's state here, made at its first use. @param quota per second over all nodes */
  tenant(tenantId: string, quota: number, nowMs: number): TenantQuota {
    let tenant = this.#tenants.get(tenantId)
    if (!tenant) {
      tenant = new TenantQuota({ tenantId, quota, settings: this.#settings })
      tenant.assign(this.#alone ? this.#fairShare(tenant) : this.#slices.get(tenantId), nowMs)
      this.#tenants.set(tenantId, tenant)
    } else if (tenant.quota !== quota) tenant.quota = quota
    return tenant
  }

  forget(tenantId: string): void {
    this.#tenants.delete(tenantId)
    this.#slices.delete(tenantId)
  }

  /** What the service is to hear now: everything once a second (even nothing, as a sign of life), surprises at once. */
  report(nowMs: number): UseReport | undefined {
    const full = nowMs - this.#reportedAtMs >= this.#settings.reportMs
    if (full) this.#reportedAtMs = nowMs
    const tenants: TenantUse[] = []
    for (const tenant of this.#tenants.values()) {
      if (full ? tenant.isActive(nowMs) : tenant.surprises(nowMs)) tenants.push(tenant.report(nowMs))
    }
    if (!full && tenants.length === 0) return undefined
    return { nodeId: this.#nodeId, order: { term: this.#term, version: ++this.#version }, tenants }
  }

  /** Takes what the service says, unless it said something newer before. */
  accept({ order, nodeTerm, complete, slices }: SliceAssignment, nowMs: number): void {
    if (nodeTerm !== this.#term || !isNewer(order, this.#heard)) return
    // What holds for the tenants that it doesn't name is unknown after a silence.
    if (this.#alone && !complete) return
    this.#heard = order
    this.#heardAtMs = nowMs
    this.#alone = false
    if (complete) this.#slices.clear()
    for (const { tenantId, slice } of slices) {
      if (slice === undefined) this.#slices.delete(tenantId)
      else this.#slices.set(tenantId, slice)
    }
    for (const [tenantId, tenant] of this.#tenants) tenant.assign(this.#slices.get(tenantId), nowMs)
  }

  /** To be called about every second: without word from the service every tenant has its fair share here, no more. */
  checkContact(nowMs: number): void {
    if (this.#alone || nowMs - this.#heardAtMs < this.#settings.silentMs) return
    this.#alone = true
    for (const tenant of this.#tenants.values()) tenant.assign(this.#fairShare(tenant), nowMs)
  }

  #fairShare(tenant: TenantQuota): Slice {
    return { perSecond: tenant.quota / this.#settings.nodes, credit: undefined, pauseMs: 0 }
  }
}
