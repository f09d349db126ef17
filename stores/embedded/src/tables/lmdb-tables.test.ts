import { ManualClock, temporaryDirectory } from '@koine/base/testing'
import { tablesConformance } from '@koine/stores-ports/conformance'
import type { JournalLimits } from './journal/journaled-store.ts'
import { LmdbTables } from './lmdb-tables.ts'

/** Layers as they are, and so small that everything goes down into LMDB at once, or now and then. */
const variants: Readonly<Record<string, Partial<JournalLimits>>> = {
  LMDB: {},
  'LMDB under layers of 1 byte': { layerBytes: 1, sliceChanges: 2 },
  'LMDB under layers of 400 bytes': { layerBytes: 400, sliceChanges: 2 },
}

for (const [name, journal] of Object.entries(variants)) {
  tablesConformance({
    name,
    open: async () => {
      const place = temporaryDirectory()
      const clock = new ManualClock()
      const open = (): LmdbTables => new LmdbTables({ directory: place.path, clock, journal })
      let tables = open()
      return {
        get tables() {
          return tables
        },
        clock,
        async reopen() {
          await tables[Symbol.asyncDispose]()
          tables = open()
        },
        async close() {
          await tables[Symbol.asyncDispose]()
          await place[Symbol.asyncDispose]()
        },
      }
    },
  })
}
