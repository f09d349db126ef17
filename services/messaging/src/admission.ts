import { KoineError, type TenantId } from '@koine/base'
import type { MessagingLimits } from './limits.ts'

type AdmissionLimits = Pick<
  MessagingLimits,
  'sendsInProgressMax' | 'sendsInProgressBytesMax' | 'sendsInProgressPerTenantMax'
>

/** Who may still come in: sends in progress, their bytes, and each tenant's share. Over a limit, `overloaded`. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #ofTenant = new Map<TenantId, number>()
  #sends = 0
  #bytes = 0
  #closed = false
  #whenIdle: (() => void) | undefined

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get sends(): number {
    return this.#sends
  }

  enter(tenant: TenantId, bytes: number): void {
    const { sendsInProgressMax, sendsInProgressBytesMax, sendsInProgressPerTenantMax } = this.#limits
    if (this.#closed) throw new KoineError('unavailable', 'The server is shutting down; reconnect.')
    const ofTenant = this.#ofTenant.get(tenant) ?? 0
    const full = this.#sends >= sendsInProgressMax || this.#bytes + bytes > sendsInProgressBytesMax
    if (full || ofTenant >= sendsInProgressPerTenantMax) {
      throw new KoineError('overloaded', 'Too many messages wait to be stored; try again.', { retryAfterMs: 250 })
    }
    this.#sends++
    this.#bytes += bytes
    this.#ofTenant.set(tenant, ofTenant + 1)
  }

  leave(tenant: TenantId, bytes: number): void {
    const ofTenant = this.#ofTenant.get(tenant)!
    this.#sends--
    this.#bytes -= bytes
    if (ofTenant > 1) this.#ofTenant.set(tenant, ofTenant - 1)
    else this.#ofTenant.delete(tenant)
    if (this.#sends === 0) this.#whenIdle?.()
  }

  /** Lets nobody in any more and waits for those inside. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#sends > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
  }
}
