import { join } from 'node:path'
import { type Clock, type Logger, type Metrics, silentLogger, type TenantId } from '@koine/base'
import { AppendListeners, type Blobs, type Log, type Partition, type Tables, type TenantLog } from '@koine/stores-ports'
import { defaultLimits, type Engine, type SegmentLogLimits } from './engine.ts'
import { dropGroups } from './group-offsets.ts'
import { IndexCache } from './index-cache.ts'
import type { LogFiles } from './log-files.ts'
import { OpenFiles } from './open-files.ts'
import { OpenTenants } from './open-tenants.ts'
import { dropMarks } from './partition-marks.ts'
import { systemFiles } from './system-files.ts'
import { TailCache } from './tail-cache.ts'
import { TenantSegments } from './tenant-segments.ts'
import type { ScrubReport } from './tiers/scrub.ts'
import type { TieringSettings } from './tiers/tiering-settings.ts'
import { Tiers } from './tiers/tiers.ts'
import { dropTopics } from './topic-catalog.ts'

export interface SegmentLogOptions {
  /** The data directory: a tenant's log is in `tenants/<tenant>/log` below it. One process at a time. */
  readonly directory: string
  /** Where topics and committed offsets are kept. */
  readonly tables: Tables
  readonly clock: Clock
  readonly logger?: Logger
  readonly files?: LogFiles
  readonly limits?: Partial<SegmentLogLimits>
  /** Where sealed segments go: tenants' objects below `log/`. Nothing is tiered without it. */
  readonly blobs?: Blobs
  readonly tiering?: Partial<TieringSettings>
  readonly metrics?: Metrics
  /** Every tenant that may have a log: those that the scrubber visits. */
  readonly tenants?: () => AsyncIterable<TenantId>
}

/** The log port on files of its own: one write-ahead log a tenant, its partitions interleaved, committed in groups. */
export class SegmentLog implements Log {
  readonly #directory: string
  readonly #tables: Tables
  readonly #engine: Engine
  readonly #tenants: OpenTenants
  readonly #tiers: Tiers | undefined
  /** Of all tenants: a topic's name is prefixed with its tenant. */
  readonly #listeners = new AppendListeners()

  constructor(options: SegmentLogOptions) {
    const { directory, tables, clock, logger = silentLogger, files = systemFiles, limits } = options
    const bounds = { ...defaultLimits, ...limits }
    this.#directory = directory
    this.#tables = tables
    this.#engine = {
      files,
      openFiles: new OpenFiles(files, bounds.openFiles),
      tailCache: new TailCache(bounds.tailCacheBytes),
      indexCache: new IndexCache(bounds.indexCacheBytes),
      unsynced: { bytes: 0 },
      clock,
      limits: bounds,
      logger,
    }
    const open = (tenant: TenantId): Promise<TenantSegments> =>
      TenantSegments.open({
        engine: { ...this.#engine, logger: logger.child({ tenant }) },
        clock,
        tables: tables.forTenant(tenant),
        directory: this.#directoryOf(tenant),
        ...this.#tiers?.of(tenant),
        onAppended: (at) => this.#listeners.notify(within(tenant, at)),
      })
    this.#tenants = new OpenTenants(open, bounds.openTenants)
    const { blobs } = options
    const step = (tenant: TenantId) => this.#tenants.use(tenant, (log) => log.tiering?.step())
    const scrub = (tenant: TenantId) => this.scrub(tenant)
    this.#tiers = blobs && new Tiers({ ...options, logger, blobs, step, scrub })
  }

  forTenant(tenant: TenantId): TenantLog {
    const tenants = this.#tenants
    return {
      createTopic: (topic) => tenants.use(tenant, (log) => log.createTopic(topic)),
      deleteTopic: (name) => tenants.use(tenant, (log) => log.deleteTopic(name)),
      addPartitions: (name, partitions) => tenants.use(tenant, (log) => log.addPartitions(name, partitions)),
      changeSettings: (topic, settings) => tenants.use(tenant, (log) => log.changeSettings(topic, settings)),
      topic: (name) => tenants.use(tenant, (log) => log.topic(name)),
      topics: () => tenants.use(tenant, (log) => log.topics()),
      append: (at, batches, options) => tenants.use(tenant, (log) => log.append(at, batches, options)),
      read: (at, options) => tenants.use(tenant, (log) => log.read(at, options)),
      bounds: (at) => tenants.use(tenant, (log) => log.bounds(at)),
      findTimestamp: (at, timestampMs) => tenants.use(tenant, (log) => log.findTimestamp(at, timestampMs)),
      size: (at) => tenants.use(tenant, (log) => log.size(at)),
      findSize: (at, bytes) => tenants.use(tenant, (log) => log.findSize(at, bytes)),
      deleteRecords: (at, before) => tenants.use(tenant, (log) => log.deleteRecords(at, before)),
      rewrite: (at, options) => tenants.use(tenant, (log) => log.rewrite(at, options)),
      onAppend: (at, listener) => this.#listeners.add(within(tenant, at), listener),
      commitOffsets: (group, offsets) => tenants.use(tenant, (log) => log.commitOffsets(group, offsets)),
      committedOffsets: (group) => tenants.use(tenant, (log) => log.committedOffsets(group)),
      deleteOffsets: (group, partitions) => tenants.use(tenant, (log) => log.deleteOffsets(group, partitions)),
      groups: () => tenants.use(tenant, (log) => log.groups()),
      usage: () => tenants.use(tenant, (log) => log.usage()),
    }
  }

  /**
   * Compares a tenant's segments on both media, now, and repairs what can be.
   * @returns undefined where there is no blob store
   * @throws KoineError `unavailable` when it can't be reached
   */
  scrub(tenant: TenantId): Promise<ScrubReport | undefined> {
    return this.#tenants.use(tenant, (log) => log.tiering?.scrub())
  }

  async dropTenant(tenant: TenantId): Promise<void> {
    await this.#tenants.without(tenant, async () => {
      const tables = this.#tables.forTenant(tenant)
      await dropGroups(tables)
      await dropTopics(tables, async () => {
        await this.#engine.files.removeDirectory(this.#directoryOf(tenant))
        await this.#tiers?.drop(tenant, tables)
        await dropMarks(tables)
      })
    })
    this.#listeners.notifyAll((topic) => topic.startsWith(`${tenant}/`))
  }

  /** Finishes what was accepted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#tiers?.close()
    await this.#tenants[Symbol.asyncDispose]()
    await this.#tiers?.[Symbol.asyncDispose]()
    await this.#engine.openFiles[Symbol.asyncDispose]()
  }

  #directoryOf(tenant: TenantId): string {
    return join(this.#directory, 'tenants', tenant, 'log')
  }
}

const within = (tenant: TenantId, { topic, partition }: Partition): Partition => ({
  topic: `${tenant}/${topic}`,
  partition,
})
