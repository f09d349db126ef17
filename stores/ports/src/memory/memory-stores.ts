import type { Clock, Randomness } from '@koine/base'
import type { Faults } from '../faults.ts'
import type { Stores } from '../scope.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { MemoryCache } from './memory-cache.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryQueue } from './memory-queue.ts'
import { MemoryTables } from './memory-tables.ts'

/** All five stores in memory, for tests and simulation; the faults reach into each of them. */
export function memoryStores(options: { clock: Clock; randomness: Randomness; faults?: Faults }): Stores {
  return {
    tables: new MemoryTables(options),
    log: new MemoryLog(options),
    cache: new MemoryCache(options),
    blobs: new MemoryBlobs(options),
    queue: new MemoryQueue(options),
  }
}
