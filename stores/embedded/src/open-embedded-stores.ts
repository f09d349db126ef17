import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Clock,
  type Logger,
  type Metrics,
  type Randomness,
  systemClock,
  type TenantId,
  tenantIds,
} from '@koine/base'
import type { Stores } from '@koine/stores-ports'
import { realDisk } from './blobs/disk.ts'
import { FileBlobs, type FileBlobsOptions } from './blobs/file-blobs.ts'
import { ProcessCache } from './cache/process-cache.ts'
import { openDataDirectory } from './data-directory.ts'
import { checkDisk } from './disk-health/disk-check.ts'
import { DiskHealth } from './disk-health/disk-health.ts'
import type { DiskLimits } from './disk-health/disk-limits.ts'
import { measureDisk } from './disk-health/disk-metrics.ts'
import { DiskSpace, type Space, spaceOf } from './disk-health/disk-space.ts'
import { watchedDisk, watchedFiles } from './disk-health/watched-files.ts'
import { SegmentLog } from './log/segment-log.ts'
import { systemFiles } from './log/system-files.ts'
import type { TieringSettings } from './log/tiers/tiering-settings.ts'
import { TablesQueue } from './queue/tables-queue.ts'
import { LmdbTables } from './tables/lmdb-tables.ts'

export interface EmbeddedStoresOptions {
  readonly directory: string
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  /** For presigned URLs that other processes accept. */
  readonly presign?: NonNullable<FileBlobsOptions['presign']>
  /** When the disk counts as slow and as stuck. */
  readonly disk?: Partial<DiskLimits>
  /** When the log's segments go to the blobs, and leave its own directory. */
  readonly tiering?: Partial<TieringSettings>
}

export interface EmbeddedStores extends Stores, AsyncDisposable {
  /** How the disk below them does. */
  readonly diskHealth: DiskHealth
  /** How much room there is on it; undefined where that can't be told. */
  readonly diskSpace: () => Space | undefined
}

/**
 * The five stores of an embedded cell over one data directory, which is this process's alone until they are disposed.
 * To remove a tenant, drop it from `tables` last: `queue` and `log` keep their books there.
 * @throws KoineError `unavailable` when the directory can't be written, is in use, or was written by a newer version
 */
export async function openEmbeddedStores(options: EmbeddedStoresOptions): Promise<EmbeddedStores> {
  const { clock, randomness, logger, metrics, presign, tiering = {} } = options
  await using opened = new AsyncDisposableStack()
  const { path: directory } = opened.use(await openDataDirectory(options.directory))
  const diskHealth = opened.use(new DiskHealth({ logger, ...(options.disk && { limits: options.disk }) }))
  const space = opened.use(new DiskSpace({ measure: () => spaceOf(directory), clock: systemClock, logger }))
  measureDisk(diskHealth, metrics, () => space.space)
  const files = watchedFiles(systemFiles, diskHealth)
  diskHealth.checkWith(() => checkDisk(files, directory))
  const tables = opened.use(new LmdbTables({ directory, clock, logger, metrics, files }))
  const cache = opened.use(new ProcessCache({ clock }))
  const disk = watchedDisk(realDisk, diskHealth)
  const blobs = opened.use(new FileBlobs({ directory, clock, randomness, disk, ...(presign && { presign }) }))
  const tenants = (): AsyncIterable<TenantId> => tenantsIn(directory)
  const log = opened.use(new SegmentLog({ directory, tables, clock, logger, files, blobs, tiering, metrics, tenants }))
  const queue = opened.use(new TablesQueue({ tables, tenants, clock, randomness, logger }))
  const all = opened.move()
  return {
    tables,
    log,
    cache,
    blobs,
    queue,
    diskHealth,
    diskSpace: () => space.space,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Every tenant that has anything on the disk. */
async function* tenantsIn(directory: string): AsyncGenerator<TenantId> {
  const names = await readdir(join(directory, 'tenants')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names) {
    const tenant = tenantIds.parse(name)
    if (tenant) yield tenant
  }
}
