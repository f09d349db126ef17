import type { Clock, Timer } from '@koine/base'
import { NodeQuotas } from './node-quotas.ts'
import { type QuotaTalk, singleNode, talkInProcess } from './quota-talk.ts'
import type { TenantQuota } from './tenant-quota.ts'

/** Looked at more often than reports are due: timers come late, or a little early. */
const tickMs = 250

/** The node's tenants and their quotas of one kind that the shared quota service divides among nodes. */
export class SharedRates implements Disposable {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>
  readonly #node: NodeQuotas
  readonly #talk: QuotaTalk & { forget(tenantId: string): void }
  readonly #quotas = new Map<string, number>()
  /** There while somebody is in use. */
  #timer: Timer | undefined

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#clock = clock
    this.#node = new NodeQuotas({ nodeId: '1', term: 1, settings: singleNode, nowMs: clock.monotonic() })
    this.#talk = talkInProcess(singleNode, (tenantId) => this.#quotas.get(tenantId))
    this.#talk.onAssignment((told, atMs) => this.#node.accept(told, atMs))
  }

  /** @param quota per second, finite */
  tenant(tenantId: string, quota: number, nowMs: number): TenantQuota {
    this.#quotas.set(tenantId, quota)
    return this.#node.tenant(tenantId, quota, nowMs)
  }

  forget(tenantId: string): void {
    this.#quotas.delete(tenantId)
    this.#node.forget(tenantId)
    this.#talk.forget(tenantId)
  }

  /** Records use and tells how long who did it has to wait. */
  record(tenant: TenantQuota, amount: number, nowMs: number): number {
    const waitMs = tenant.record(amount, nowMs)
    this.#timer ??= this.#clock.after(tickMs, () => this.#tick())
    if (!tenant.surprises(nowMs)) return waitMs
    this.#report(nowMs)
    return tenant.throttleMs(nowMs)
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #tick(): void {
    const isInUse = this.#report(this.#clock.monotonic())
    this.#timer = isInUse ? this.#clock.after(tickMs, () => this.#tick()) : undefined
  }

  /** @returns false when it was time to tell of everybody, and nobody is in use */
  #report(nowMs: number): boolean {
    const report = this.#node.report(nowMs)
    if (report) this.#talk.send(report, nowMs)
    return report?.tenants.length !== 0
  }
}
