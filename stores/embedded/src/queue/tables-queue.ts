import type { Clock, Logger, Randomness, TenantId } from '@koine/base'
import {
  type JobHandler,
  JobPlaces,
  type Queue,
  type QueueWorker,
  QueueWorkers,
  type Tables,
  type WorkOptions,
} from '@koine/stores-ports'
import { dropJobs } from './drop-jobs.ts'
import { type TablesClaim, TablesJobSource } from './tables-job-source.ts'
import { TablesTenantQueue } from './tables-tenant-queue.ts'

export interface TablesQueueOptions {
  readonly tables: Tables
  /** Every tenant that may have jobs: asked once by each worker, to find what an earlier process left. */
  readonly tenants: () => AsyncIterable<TenantId> | Iterable<TenantId>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
}

const retryMs = 5000

/**
 * The queue port on the tables port. Jobs are records of their tenant, so they are as durable as the tables are. One
 * process works on the queues of a cell at a time: it learns of jobs from its own `enqueue` and, when a worker starts,
 * from looking through the tenants once.
 */
export class TablesQueue implements Queue {
  readonly #options: TablesQueueOptions
  readonly #places = new JobPlaces()
  readonly #workers: QueueWorkers<TablesClaim>

  constructor(options: TablesQueueOptions) {
    const { clock, logger } = options
    this.#options = options
    this.#workers = new QueueWorkers({
      clock,
      sourceOf: (queue) => this.#sourceOf(queue),
      onTrouble: (error, message) => logger.warn({ err: error }, message),
    })
  }

  forTenant(tenant: TenantId): TablesTenantQueue {
    const { clock, randomness } = this.#options
    return new TablesTenantQueue({
      tenant,
      tables: this.#options.tables.forTenant(tenant),
      clock,
      randomness,
      places: this.#places,
      wake: (queue) => this.#workers.wake(queue, tenant),
    })
  }

  work(queue: string, options: WorkOptions, handler: JobHandler): AsyncDisposable {
    const worker = this.#workers.start(queue, options, handler)
    this.#lookThroughTenants(worker)
    return worker
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return dropJobs(this.#options.tables.forTenant(tenant))
  }

  /** Stops the workers and waits for what runs. The tables stay open: they are another's. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]()
  }

  #lookThroughTenants(worker: QueueWorker<TablesClaim>): void {
    const { clock, logger } = this.#options
    this.#wakeAll(worker).catch((error: unknown) => {
      logger.warn({ err: error }, 'The tenants could not be looked through for jobs; trying again.')
      clock.after(retryMs, () => this.#lookThroughTenants(worker))
    })
  }

  async #wakeAll(worker: QueueWorker<TablesClaim>): Promise<void> {
    for await (const tenant of this.#options.tenants()) {
      if (worker.isStopping) return
      worker.wake(tenant)
    }
  }

  #sourceOf(queue: string): TablesJobSource {
    const { clock, randomness, tables } = this.#options
    return new TablesJobSource({
      queue,
      clock,
      randomness,
      places: this.#places,
      tablesOf: (tenant) => tables.forTenant(tenant),
      wake: (tenant) => this.#workers.wake(queue, tenant),
    })
  }
}
