import type { Clock } from '@koine/base'
import { MemoryCache } from '@koine/stores-ports/memory'

export interface ProcessCacheOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Over all tenants; 128 MiB and a million keys unless said otherwise. The tenant that holds the most loses its oldest keys. */
  readonly limits?: { readonly entries: number; readonly bytes: number }
}

/**
 * The cache of an embedded cell. Nothing in a cache is durable and a cell of this kind is one process, so it is the
 * memory adapter itself, without faults.
 */
export class ProcessCache extends MemoryCache {
  constructor({ clock, limits }: ProcessCacheOptions) {
    super(limits ? { clock, limits } : { clock })
  }
}
