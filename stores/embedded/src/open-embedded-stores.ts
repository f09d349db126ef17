import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Logger, type Metrics, type Randomness, type TenantId, tenantIds } from '@koine/base'
import type { Stores } from '@koine/stores-ports'
import { FileBlobs, type FileBlobsOptions } from './blobs/file-blobs.ts'
import { ProcessCache } from './cache/process-cache.ts'
import { openDataDirectory } from './data-directory.ts'
import { SegmentLog } from './log/segment-log.ts'
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
}

/**
 * The five stores of an embedded cell over one data directory, which is this process's alone until they are disposed.
 * To remove a tenant, drop it from `tables` last: `queue` and `log` keep their books there.
 * @throws KoineError `unavailable` when the directory can't be written, is in use, or was written by a newer version
 */
export async function openEmbeddedStores(options: EmbeddedStoresOptions): Promise<Stores & AsyncDisposable> {
  const { clock, randomness, logger, metrics, presign } = options
  await using opened = new AsyncDisposableStack()
  const { path: directory } = opened.use(await openDataDirectory(options.directory))
  const tables = opened.use(new LmdbTables({ directory, clock, logger, metrics }))
  const log = opened.use(new SegmentLog({ directory, tables, clock, logger }))
  const cache = opened.use(new ProcessCache({ clock }))
  const blobs = opened.use(new FileBlobs({ directory, clock, randomness, ...(presign && { presign }) }))
  const queue = opened.use(new TablesQueue({ tables, tenants: () => tenantsIn(directory), clock, randomness, logger }))
  const all = opened.move()
  return { tables, log, cache, blobs, queue, [Symbol.asyncDispose]: () => all.disposeAsync() }
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
