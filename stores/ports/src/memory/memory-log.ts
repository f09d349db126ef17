import type { Clock, TenantId } from '@koine/base'
import { type Faults, noFaults } from '../faults.ts'
import type { Log } from '../log.ts'
import { around } from './around.ts'
import { MemoryTenantLog } from './memory-tenant-log.ts'

/** The log port in memory: exact semantics, nothing durable, faults on demand. */
export class MemoryLog implements Log {
  readonly #clock: Pick<Clock, 'now'>
  readonly #faults: Faults
  readonly #tenants = new Map<TenantId, MemoryTenantLog>()

  constructor({ clock, faults = noFaults }: { clock: Pick<Clock, 'now'>; faults?: Faults }) {
    this.#clock = clock
    this.#faults = faults
  }

  forTenant(tenant: TenantId): MemoryTenantLog {
    let log = this.#tenants.get(tenant)
    if (!log) {
      log = new MemoryTenantLog(this.#clock, this.#faults)
      this.#tenants.set(tenant, log)
    }
    return log
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return around(this.#faults, 'log.dropTenant', () => this.#tenants.get(tenant)?.clear())
  }

  /** Keeps what it holds, so that a simulated restart finds it. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
