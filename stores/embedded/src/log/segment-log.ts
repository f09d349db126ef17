import { join } from 'node:path'
import { type Clock, type Logger, silentLogger, type TenantId } from '@koine/base'
import { AppendListeners, type Log, type Partition, type Tables, type TenantLog } from '@koine/stores-ports'
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
import { dropTopics } from './topic-catalog.ts'

export interface SegmentLogOptions {
  /** The data directory: a tenant's log is in `tenants/<tenant>/log` below it. One process at a time. */
  readonly directory: string
  /** Where topics and committed offsets are kept. */
  readonly tables: Tables
  readonly clock: Pick<Clock, 'now'>
  readonly logger?: Logger
  readonly files?: LogFiles
  readonly limits?: Partial<SegmentLogLimits>
}

/** The log port on files of its own: one write-ahead log a tenant, its partitions interleaved, committed in groups. */
export class SegmentLog implements Log {
  readonly #directory: string
  readonly #tables: Tables
  readonly #engine: Engine
  readonly #tenants: OpenTenants
  /** Of all tenants: a topic's name is prefixed with its tenant. */
  readonly #listeners = new AppendListeners()

  constructor({ directory, tables, clock, logger = silentLogger, files = systemFiles, limits }: SegmentLogOptions) {
    const bounds = { ...defaultLimits, ...limits }
    this.#directory = directory
    this.#tables = tables
    this.#engine = {
      files,
      openFiles: new OpenFiles(files, bounds.openFiles),
      tailCache: new TailCache(bounds.tailCacheBytes),
      indexCache: new IndexCache(bounds.indexCacheBytes),
      limits: bounds,
      logger,
    }
    const open = (tenant: TenantId): Promise<TenantSegments> =>
      TenantSegments.open({
        engine: { ...this.#engine, logger: logger.child({ tenant }) },
        clock,
        tables: tables.forTenant(tenant),
        directory: this.#directoryOf(tenant),
        onAppended: (at) => this.#listeners.notify(within(tenant, at)),
      })
    this.#tenants = new OpenTenants(open, bounds.openTenants)
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
      append: (at, batches) => tenants.use(tenant, (log) => log.append(at, batches)),
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
    }
  }

  async dropTenant(tenant: TenantId): Promise<void> {
    await this.#tenants.without(tenant, async () => {
      const tables = this.#tables.forTenant(tenant)
      await dropGroups(tables)
      await dropTopics(tables, async () => {
        await this.#engine.files.removeDirectory(this.#directoryOf(tenant))
        await dropMarks(tables)
      })
    })
    this.#listeners.notifyAll((topic) => topic.startsWith(`${tenant}/`))
  }

  /** Finishes what was accepted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tenants[Symbol.asyncDispose]()
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
