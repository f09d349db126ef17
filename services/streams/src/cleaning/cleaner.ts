import { type Clock, type Logger, type Metrics, sleep, type TenantId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import type { TopicCatalog } from '../topics/topic-catalog.ts'
import { type CleanContext, cleanTenant } from './clean-tenant.ts'
import type { CleanedRecords } from './cleaned-records.ts'
import type { IdlePartitions } from './compact-partition.ts'

export interface CleanerOptions {
  readonly streams: {
    readonly records: CleanedRecords
    readonly catalog: Pick<TopicCatalog, 'exclusively'>
    readonly limits: Pick<StreamsLimits, 'cleaningIntervalMs' | 'cleaningKeysMax' | 'cleaningBytesMax'>
  }
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

interface Followed {
  readonly scope: TenantScope
  readonly idle: IdlePartitions
}

/** Between two tenants: where there are very many, each is cleaned less often rather than all opened all the time. */
const restMsMin = 100

/** A tenant's turn while it lasts. */
interface CurrentTurn {
  readonly tenantId: TenantId
  readonly stop: AbortController
  readonly over: Promise<void>
}

/**
 * Keeps tenants' topics to their retention, and compacts those that are compacted: one tenant at a time in rotation, each
 * once in `cleaningIntervalMs` where that can be. What it has done is in the log; a crash anywhere only means that it is
 * looked at again.
 */
export class Cleaner implements AsyncDisposable {
  readonly #options: CleanerOptions
  readonly #tenants = new Map<TenantId, Followed>()
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  readonly #count: Pick<CleanContext, 'cleaned' | 'failed'>
  #current: CurrentTurn | undefined

  constructor(options: CleanerOptions) {
    this.#options = options
    const cleaned = options.metrics.counter({
      name: 'koine_cleaning_passes_total',
      help: 'Partitions that old records were taken from.',
      labelNames: ['what'],
    })
    const failed = options.metrics.counter({
      name: 'koine_cleaning_failures_total',
      help: 'Partitions that could not be cleaned.',
    })
    this.#count = { cleaned: (what) => cleaned.inc({ what }), failed: () => failed.inc() }
    this.#running = this.#run()
  }

  /** Repeating it is harmless. */
  add(scope: TenantScope): void {
    if (!this.#tenants.has(scope.tenantId)) this.#tenants.set(scope.tenantId, { scope, idle: new Map() })
  }

  /** Resolves when nothing of the tenant's is touched any more. */
  async remove(tenantId: TenantId): Promise<void> {
    this.#tenants.delete(tenantId)
    const current = this.#current
    if (current?.tenantId !== tenantId) return
    current.stop.abort()
    await current.over
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#current?.stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const { clock, streams, logger } = this.#options
    while (!signal.aborted) {
      try {
        const shareMs = streams.limits.cleaningIntervalMs / Math.max(1, this.#tenants.size)
        await sleep(clock, Math.max(shareMs, restMsMin), signal)
      } catch {
        return // Disposed: sleep rejects for nothing else.
      }
      const [next] = this.#tenants
      if (!next) continue
      try {
        await this.#turn(...next)
      } catch (thrown) {
        this.#count.failed()
        logger.warn({ err: thrown, tenant: next[0] }, 'a tenant could not be cleaned; it is tried again')
      }
    }
  }

  async #turn(tenantId: TenantId, followed: Followed): Promise<void> {
    // To the end of the rotation.
    this.#tenants.delete(tenantId)
    this.#tenants.set(tenantId, followed)
    const stop = new AbortController()
    const cleaning = this.#clean(tenantId, followed, stop.signal)
    const over = cleaning.catch(() => {}) // `cleaning` tells of it; who removes the tenant only waits.
    this.#current = { tenantId, stop, over }
    try {
      await cleaning
    } finally {
      this.#current = undefined
    }
  }

  #clean(tenantId: TenantId, { scope, idle }: Followed, signal: AbortSignal): Promise<void> {
    const { streams, clock, logger } = this.#options
    const { records, catalog, limits } = streams
    const context = { records, catalog, limits, clock, signal, ...this.#count }
    return cleanTenant(scope, idle, { ...context, logger: logger.child({ tenant: tenantId }) })
  }
}
