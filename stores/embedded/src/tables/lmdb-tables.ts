import { join } from 'node:path'
import {
  type Clock,
  invariant,
  type Logger,
  type Metrics,
  type TenantId,
  tenantIds,
  type Timer,
  toKoineError,
} from '@koine/base'
import { type Faults, noFaults, type Tables } from '@koine/stores-ports'
import type { LogFiles } from '../log/log-files.ts'
import { systemFiles } from '../log/system-files.ts'
import type { JournalLimits } from './journal/journaled-store.ts'
import { EnvironmentPool, type EnvironmentPoolOptions } from './environment-pool.ts'
import { LmdbTenantTables } from './lmdb-tenant-tables.ts'

export interface LmdbTablesOptions {
  /** The cell's data directory: `control/` and `tenants/<tenant>/tables/` below it. */
  readonly directory: string
  readonly clock: Clock
  readonly logger?: Pick<Logger, 'warn'>
  readonly metrics?: Metrics
  /** Environments open at once; three file descriptors and about 145 KB each. */
  readonly openMax?: number
  /** Bytes of a tenant's writes that may wait for the disk; beyond them, `overloaded`. */
  readonly pendingBytesMax?: number
  readonly sweepEveryMs?: number
  /** Where journals are written. */
  readonly files?: LogFiles
  readonly journal?: Partial<JournalLimits>
  /** `tables.commit` goes around each commit of a group. */
  readonly faults?: Faults
}

const sweptPerTurn = 500

/**
 * The tables port on LMDB, one environment for each tenant and one for control. Reads come from the memory map; writes
 * are decided in order on this thread, gathered, and made durable together by a journal; what they change goes down into
 * LMDB later, on its own thread. One process owns the directory.
 */
export class LmdbTables implements Tables {
  readonly control: LmdbTenantTables
  readonly #directory: string
  readonly #pool: EnvironmentPool
  readonly #options: LmdbTablesOptions
  #sweeping: Timer | undefined
  #disposed = false

  constructor(options: LmdbTablesOptions) {
    const { directory, clock, openMax = 256, pendingBytesMax = 32 * 1024 * 1024, faults = noFaults } = options
    const { files = systemFiles, journal = {} } = options
    this.#options = options
    this.#directory = directory
    this.#pool = new EnvironmentPool({
      clock,
      faults,
      files,
      journal,
      openMax,
      pendingBytesMax,
      ...observed(options.metrics),
    })
    this.control = new LmdbTenantTables(this.#pool, join(directory, 'control'))
    this.#sweepLater()
  }

  forTenant(tenant: TenantId): LmdbTenantTables {
    return new LmdbTenantTables(this.#pool, this.#directoryOf(tenant))
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return this.#pool.drop(this.#directoryOf(tenant))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#sweeping?.cancel()
    await this.#pool.close()
  }

  #directoryOf(tenant: TenantId): string {
    invariant(tenantIds.parse(tenant), 'A directory is named after a tenant id and nothing else.')
    return join(this.#directory, 'tenants', tenant, 'tables')
  }

  #sweepLater(): void {
    if (this.#disposed) return
    this.#sweeping = this.#options.clock.after(this.#options.sweepEveryMs ?? 30_000, () => {
      this.#pool
        .sweep(sweptPerTurn)
        .catch((error: unknown) =>
          this.#options.logger?.warn({ error: toKoineError(error) }, 'The sweep of expired records failed.'),
        )
        .finally(() => this.#sweepLater())
    })
  }
}

/** Puts each commit into the metrics. */
function observed(metrics: Metrics | undefined): Pick<EnvironmentPoolOptions, 'onCommitted'> {
  if (!metrics) return {}
  const duration = metrics.histogram({
    name: 'koine_tables_commit_seconds',
    help: 'From the start of a group commit until it is durable.',
  })
  const batches = metrics.counter({
    name: 'koine_tables_batches_total',
    help: 'Batches committed; over the commits, the size of a group.',
  })
  return {
    onCommitted(commit) {
      duration.observe(commit.seconds)
      batches.inc(commit.batches)
    },
  }
}
