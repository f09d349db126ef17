import { KoineError, type TenantId } from '@koine/base'
import type { TenantSegments } from './tenant-segments.ts'

interface Held {
  readonly opening: Promise<TenantSegments>
  users: number
  usedAt: number
}

/** Tenants' logs open on demand; beyond the bound, those unused for longest are closed. */
export class OpenTenants implements AsyncDisposable {
  readonly #open: (tenant: TenantId) => Promise<TenantSegments>
  readonly #tenantsMax: number
  readonly #held = new Map<TenantId, Held>()
  /** What must be over before the tenant is opened again: two may never write to one segment. */
  readonly #leaving = new Map<TenantId, Promise<void>>()
  #uses = 0
  #disposed = false

  constructor(open: (tenant: TenantId) => Promise<TenantSegments>, tenantsMax: number) {
    this.#open = open
    this.#tenantsMax = tenantsMax
  }

  /** Runs `action` on the tenant's log, which stays open that long. */
  async use<T>(tenant: TenantId, action: (segments: TenantSegments) => T | Promise<T>): Promise<T> {
    if (this.#disposed) throw new KoineError('unavailable', 'The log is closed.')
    const held = this.#held.get(tenant) ?? this.#add(tenant)
    held.users++
    held.usedAt = ++this.#uses
    let segments: TenantSegments | undefined
    try {
      segments = await held.opening
      return await action(segments)
    } finally {
      held.users--
      if (segments?.isStale && this.#held.get(tenant) === held) void this.#leave(tenant, this.#close(tenant))
      this.#trim()
    }
  }

  /** Closes the tenant's log and runs `action` before anyone opens it again. */
  async without(tenant: TenantId, action: () => Promise<void>): Promise<void> {
    const closed = Promise.allSettled([this.#leaving.get(tenant), this.#close(tenant)])
    await this.#leave(tenant, closed.then(action))
  }

  /** Finishes what was accepted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    for (const tenant of this.#held.keys()) void this.#leave(tenant, this.#close(tenant))
    await Promise.allSettled(this.#leaving.values())
  }

  #add(tenant: TenantId): Held {
    const opening = this.#afterLeaving(tenant)
    const held: Held = { opening, users: 0, usedAt: 0 }
    this.#held.set(tenant, held)
    // Whoever asked hears of the failure; the next one tries again.
    opening.catch(() => this.#held.get(tenant) === held && this.#held.delete(tenant))
    return held
  }

  async #afterLeaving(tenant: TenantId): Promise<TenantSegments> {
    await this.#leaving.get(tenant)?.catch(() => {}) // Its own caller hears of that failure.
    try {
      return await this.#open(tenant)
    } catch (cause) {
      if (cause instanceof KoineError) throw cause
      throw new KoineError('unavailable', 'The log could not be opened; the next use tries again.', { cause })
    }
  }

  #trim(): void {
    while (this.#held.size > this.#tenantsMax) {
      let oldest: TenantId | undefined
      let usedAt = Infinity
      for (const [tenant, held] of this.#held) {
        if (held.users > 0 || held.usedAt > usedAt) continue
        oldest = tenant
        usedAt = held.usedAt
      }
      if (oldest === undefined) return
      void this.#leave(oldest, this.#close(oldest))
    }
  }

  async #close(tenant: TenantId): Promise<void> {
    const held = this.#held.get(tenant)
    this.#held.delete(tenant)
    const segments = await held?.opening.catch(() => undefined) // It never opened: nothing to close.
    await segments?.close()
  }

  async #leave(tenant: TenantId, leaving: Promise<void>): Promise<void> {
    this.#leaving.set(tenant, leaving)
    try {
      await leaving
    } finally {
      if (this.#leaving.get(tenant) === leaving) this.#leaving.delete(tenant)
    }
  }
}
