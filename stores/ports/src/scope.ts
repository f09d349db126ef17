import type { TenantId } from '@koine/base'
import type { Blobs, TenantBlobs } from './blobs.ts'
import type { Cache, TenantCache } from './cache.ts'
import type { Log, TenantLog } from './log.ts'
import type { Queue, TenantQueue } from './queue.ts'
import type { Tables, TenantTables } from './tables.ts'

/** The five stores of a cell. Only the composition root and the control plane hold it. */
export interface Stores {
  readonly tables: Tables
  readonly log: Log
  readonly cache: Cache
  readonly blobs: Blobs
  readonly queue: Queue
}

/** The stores narrowed to one tenant: all that code below the gateways ever holds. */
export interface TenantScope {
  readonly tenantId: TenantId
  readonly tables: TenantTables
  readonly log: TenantLog
  readonly cache: TenantCache
  readonly blobs: TenantBlobs
  readonly queue: TenantQueue
}

export const scopeTo = (stores: Stores, tenantId: TenantId): TenantScope => ({
  tenantId,
  tables: stores.tables.forTenant(tenantId),
  log: stores.log.forTenant(tenantId),
  cache: stores.cache.forTenant(tenantId),
  blobs: stores.blobs.forTenant(tenantId),
  queue: stores.queue.forTenant(tenantId),
})
