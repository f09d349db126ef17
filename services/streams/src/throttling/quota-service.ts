import { isNewer, type MessageOrder, type Slice, type SliceAssignment, type UseReport } from './quota-messages.ts'
import { type LiveNode, TenantSlices } from './tenant-slices.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

/**
 * The shared quota service for the tenants that are its own (several may share the tenants of a cell by a hash of the id).
 * Nodes report to it; it answers every second, and at once when an early report changes what holds for a tenant. It keeps
 * nothing durable: after a restart with a higher term it knows all again within a second.
 */
export class QuotaService {
  readonly #term: number
  readonly #settings: ThrottlingSettings
  readonly #quotaOf: (tenantId: string) => number | undefined
  readonly #tenants = new Map<string, TenantSlices>()
  readonly #nodes = new Map<string, { order: MessageOrder; atMs: number }>()
  #version = 0

  /** @param o.quotaOf a tenant's quota over all nodes, per second; undefined: unlimited */
  constructor(o: {
    readonly term: number
    readonly settings: ThrottlingSettings
    readonly quotaOf: (tenantId: string) => number | undefined
  }) {
    this.#term = o.term
    this.#settings = o.settings
    this.#quotaOf = o.quotaOf
  }

  /** Takes a report; the tenants near their quota that it speaks of, which `divide` may divide anew at once. */
  report({ nodeId, order, tenants }: UseReport, nowMs: number): string[] {
    const node = this.#nodes.get(nodeId)
    if (node && node.order.term > order.term) return []
    if (isNewer(order, node?.order)) this.#nodes.set(nodeId, { order, atMs: nowMs })
    const near: string[] = []
    for (const use of tenants) {
      const tenant = this.#tenant(use.tenantId)
      tenant?.report(nodeId, order, use, nowMs)
      if (tenant?.isNearQuota(nowMs)) near.push(use.tenantId)
    }
    return near
  }

  /** What each live node is to hold its tenants to. @param only these tenants, rather than all */
  divide(nowMs: number, only?: readonly string[]): Map<string, SliceAssignment> {
    const { live, silentNodes } = this.#present(nowMs)
    const order = { term: this.#term, version: ++this.#version }
    const slices = live.map((): { tenantId: string; slice: Slice | undefined }[] => [])
    for (const tenantId of only ?? this.#tenants.keys()) {
      const divided = this.#tenant(tenantId)?.slices(live, silentNodes, nowMs)
      if (divided) divided.forEach((slice, index) => slices[index]!.push({ tenantId, slice }))
      else if (only) for (const each of slices) each.push({ tenantId, slice: undefined })
    }
    return new Map(
      live.map(({ nodeId, term }, index) => [
        nodeId,
        { order, nodeTerm: term, complete: !only, slices: slices[index]! },
      ]),
    )
  }

  forgetTenant(tenantId: string): void {
    this.#tenants.delete(tenantId)
  }

  #present(nowMs: number): { live: LiveNode[]; silentNodes: number } {
    const live: LiveNode[] = []
    let silentNodes = 0
    for (const [nodeId, { order, atMs }] of this.#nodes) {
      const awayMs = nowMs - atMs
      if (awayMs < this.#settings.silentMs) live.push({ nodeId, term: order.term })
      else if (awayMs < this.#settings.forgottenMs) silentNodes++
      else {
        this.#nodes.delete(nodeId)
        for (const tenant of this.#tenants.values()) tenant.forget(nodeId)
      }
    }
    return { live, silentNodes }
  }

  #tenant(tenantId: string): TenantSlices | undefined {
    const quota = this.#quotaOf(tenantId)
    if (quota === undefined) {
      this.#tenants.delete(tenantId)
      return undefined
    }
    let tenant = this.#tenants.get(tenantId)
    if (!tenant) this.#tenants.set(tenantId, (tenant = new TenantSlices(quota, this.#settings)))
    tenant.quota = quota
    return tenant
  }
}
