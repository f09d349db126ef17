import { type Clock, type Logger, type TenantId, type Timer, toKoineError } from '@koine/base'
import type { Stores } from '@koine/stores-ports'
import type { ApiKeys } from './api-keys.ts'
import type { Tenants } from './tenants.ts'

interface Parts {
  readonly stores: Stores
  readonly tenants: Tenants
  readonly apiKeys: ApiKeys
  readonly clock: Clock
  readonly logger: Logger
}

/** Longer than any call may still run that was let in before the tenant was marked. */
const lateWritesMs = 120_000

/**
 * What follows once a tenant is marked `deleting`. Each step may be repeated, so a deletion that a crash interrupted is
 * run again from its first step. A call that was let in before the mark may write once more after the data is gone, and
 * make a store begin anew for a tenant that no longer is; so the note of the deletion outlives the tenant, and the stores
 * are dropped again when no such call can be left, or at the next start if that comes first.
 */
export class Deletions {
  readonly #parts: Parts
  /** A second call for a tenant joins the first. */
  readonly #running = new Map<TenantId, Promise<void>>()
  readonly #aftermaths = new Map<TenantId, Timer>()
  readonly #listeners = new Set<(tenantId: TenantId) => void | Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The listener lets go of what it holds of the tenant; its data goes when all have resolved. */
  listen(listener: (tenantId: TenantId) => void | Promise<void>): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  finish(tenantId: TenantId): Promise<void> {
    return this.#joined(tenantId, async () => {
      await this.#removeAll(tenantId)
      this.#parts.logger.info({ tenantId }, 'tenant deleted')
      this.#scheduleAftermath(tenantId)
    })
  }

  /** At the start, when no call of before can be left: finishes every deletion that is noted. Returns how many. */
  async resume(): Promise<number> {
    let finished = 0
    for (;;) {
      const noted = await this.#parts.tenants.notedDeletions()
      if (noted.length === 0) return finished
      for (const tenantId of noted) {
        await this.#joined(tenantId, async () => {
          await this.#removeAll(tenantId)
          await this.#parts.tenants.forgetDeletion(tenantId)
        })
        finished++
      }
    }
  }

  /** Resolves when none runs; how each ended is its caller's to know. What is left for later is noted. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#aftermaths.values()) timer.cancel()
    this.#aftermaths.clear()
    await Promise.allSettled(this.#running.values())
    this.#listeners.clear()
  }

  #joined(tenantId: TenantId, run: () => Promise<void>): Promise<void> {
    const running = this.#running.get(tenantId)
    if (running) return running
    const started = run().finally(() => this.#running.delete(tenantId))
    this.#running.set(tenantId, started)
    return started
  }

  async #removeAll(tenantId: TenantId): Promise<void> {
    for (const listener of this.#listeners) await listener(tenantId)
    await this.#dropStores(tenantId)
    await this.#parts.apiKeys.removeAll(tenantId)
    await this.#parts.tenants.remove(tenantId)
  }

  async #dropStores(tenantId: TenantId): Promise<void> {
    const { queue, log, cache, blobs, tables } = this.#parts.stores
    // The queue and the log may keep their books in the tables, so the tables go after them.
    await queue.dropTenant(tenantId)
    await log.dropTenant(tenantId)
    await cache.dropTenant(tenantId)
    await blobs.dropTenant(tenantId)
    await tables.dropTenant(tenantId)
  }

  #scheduleAftermath(tenantId: TenantId): void {
    const { clock, logger, tenants } = this.#parts
    const timer = clock.after(lateWritesMs, () => {
      this.#aftermaths.delete(tenantId)
      this.#joined(tenantId, async () => {
        await this.#dropStores(tenantId)
        await tenants.forgetDeletion(tenantId)
      }).catch((error: unknown) =>
        logger.warn(
          { tenantId, err: toKoineError(error) },
          'what came late for a deleted tenant goes at the next start',
        ),
      )
    })
    this.#aftermaths.set(tenantId, timer)
  }
}
