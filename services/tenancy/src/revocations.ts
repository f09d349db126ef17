import type { ApiKeyId, Logger, TenantId } from '@koine/base'

/** A key was revoked, or (without `keyId`) its whole tenant was suspended or is being deleted. */
export interface Revoked {
  readonly tenantId: TenantId
  readonly keyId?: ApiKeyId
}

/** Tells the gateways which connections have lost their credential. */
export class Revocations {
  readonly #listeners = new Set<(what: Revoked) => void>()
  readonly #logger: Logger
  #count = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Grows with every revocation: a resolution that it grew under has to be made again. */
  get count(): number {
    return this.#count
  }

  listen(listener: (what: Revoked) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  announce(what: Revoked): void {
    this.#count++
    for (const listener of this.#listeners) {
      try {
        listener(what)
      } catch (error) {
        // One gateway's failure must not keep the others from closing theirs.
        this.#logger.error({ err: error, ...what }, 'a listener failed to act on a revocation')
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
