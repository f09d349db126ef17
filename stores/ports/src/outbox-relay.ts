import type { Clock, Logger, Metrics, TenantId } from '@koine/base'
import type { TenantLog } from './log.ts'
import type { TenantTables } from './tables.ts'
import { TenantRelay } from './tenant-relay.ts'

export interface OutboxRelayOptions {
  /** The stores of a tenant that was added. */
  readonly scope: (tenant: TenantId) => { readonly tables: TenantTables; readonly log: TenantLog }
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: Metrics
  /** Of topics that the relay makes; 6 when not given. */
  readonly partitions?: number
  /** Events of one round; 500 when not given. */
  readonly roundEvents?: number
}

/**
 * Carries committed events from the tenants' outboxes to their logs: at least once, in order per (topic, key), one loop
 * a tenant. A topic that fails holds up its own events only. An event is taken out of the outbox only after its append is durable, so that a crash at any point repeats
 * events, under their own ids, and neither loses one nor changes the order of a key's. A failure is tried again for
 * ever, with backoff: nothing is skipped.
 */
export class OutboxRelay implements AsyncDisposable {
  readonly #options: Required<Omit<OutboxRelayOptions, 'metrics'>>
  readonly #relays = new Map<TenantId, TenantRelay>()
  /** Relays that finish their last round. */
  readonly #leaving = new Map<TenantId, Promise<unknown>>()
  readonly #count: { relayed(events: number): void; failed(): void }
  #disposed = false

  constructor({ metrics, partitions = 6, roundEvents = 500, ...rest }: OutboxRelayOptions) {
    this.#options = { partitions, roundEvents, ...rest }
    const relayed = metrics?.counter({ name: 'koine_outbox_relayed_total', help: 'Events appended to the log.' })
    const failed = metrics?.counter({ name: 'koine_outbox_failures_total', help: 'Relay rounds that failed.' })
    this.#count = { relayed: (events) => relayed?.inc(events), failed: () => failed?.inc() }
  }

  /** Starts relaying a tenant's events, what is pending first. Repeating it is harmless. */
  add(tenant: TenantId): void {
    if (this.#disposed || this.#relays.has(tenant)) return
    const { scope, clock, logger, partitions, roundEvents } = this.#options
    const { tables, log } = scope(tenant)
    this.#relays.set(
      tenant,
      new TenantRelay({
        outbox: tables.outbox,
        log,
        clock,
        logger: logger.child({ tenant }),
        partitions,
        roundEvents,
        ...this.#count,
      }),
    )
  }

  /** Stops relaying a tenant's events, after the round in flight. What is pending stays in the outbox. */
  async remove(tenant: TenantId): Promise<void> {
    const relay = this.#relays.get(tenant)
    this.#relays.delete(tenant)
    if (relay) {
      const leaving = Promise.allSettled([this.#leaving.get(tenant), relay[Symbol.asyncDispose]()]).then(() => {
        if (this.#leaving.get(tenant) === leaving) this.#leaving.delete(tenant)
      })
      this.#leaving.set(tenant, leaving)
    }
    await this.#leaving.get(tenant)
  }

  /** Resolves once all that the tenant had pending at the time of the call is in the log. At once when not relayed. */
  async drained(tenant: TenantId): Promise<void> {
    await this.#relays.get(tenant)?.drained()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await Promise.all([...this.#relays.keys(), ...this.#leaving.keys()].map((tenant) => this.remove(tenant)))
  }
}
