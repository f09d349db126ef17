import type { Clock, TenantId } from '@koine/base'
import { type Faults, noFaults } from '../faults.ts'
import type { Tables } from '../tables.ts'
import { around } from './around.ts'
import { MemoryTenantTables } from './memory-tenant-tables.ts'

/** The tables port in memory: exact semantics, nothing durable, faults on demand. */
export class MemoryTables implements Tables {
  readonly control: MemoryTenantTables
  readonly #clock: Pick<Clock, 'now'>
  readonly #faults: Faults
  readonly #tenants = new Map<TenantId, MemoryTenantTables>()

  constructor({ clock, faults = noFaults }: { clock: Pick<Clock, 'now'>; faults?: Faults }) {
    this.#clock = clock
    this.#faults = faults
    this.control = new MemoryTenantTables(clock, faults)
  }

  forTenant(tenant: TenantId): MemoryTenantTables {
    let tables = this.#tenants.get(tenant)
    if (!tables) {
      tables = new MemoryTenantTables(this.#clock, this.#faults)
      this.#tenants.set(tenant, tables)
    }
    return tables
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return around(this.#faults, 'tables.dropTenant', () => this.#tenants.get(tenant)?.clear())
  }

  /** Keeps what it holds, so that a simulated restart finds it. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
