import { KoineError } from '@koine/base'

interface AdmissionLimits {
  readonly authenticatedConnectionsMax: number
  readonly tenantConnectionsMax: number
}

/** Counts the connections that have authenticated, so that no tenant takes all there may be. */
export class Admissions {
  readonly #limits: AdmissionLimits
  readonly #ofTenant = new Map<string, number>()
  #count = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** @throws KoineError `overloaded` when there are as many as there may be */
  admit(tenantId: string): Disposable {
    const ofTenant = this.#ofTenant.get(tenantId) ?? 0
    const { authenticatedConnectionsMax, tenantConnectionsMax } = this.#limits
    if (ofTenant >= tenantConnectionsMax) {
      throw new KoineError('overloaded', `The tenant has ${ofTenant} connections, as many as it may.`)
    }
    if (this.#count >= authenticatedConnectionsMax) {
      throw new KoineError('overloaded', `The server has ${this.#count} connections, as many as it may.`)
    }
    this.#count++
    this.#ofTenant.set(tenantId, ofTenant + 1)
    return { [Symbol.dispose]: () => this.#leave(tenantId) }
  }

  #leave(tenantId: string): void {
    this.#count--
    const left = (this.#ofTenant.get(tenantId) ?? 0) - 1
    if (left > 0) this.#ofTenant.set(tenantId, left)
    else this.#ofTenant.delete(tenantId)
  }
}
