import { ManualClock, temporaryDirectory } from '@koine/base/testing'
import { tablesConformance } from '@koine/stores-ports/conformance'
import { LmdbTables } from './lmdb-tables.ts'

tablesConformance({
  name: 'LMDB',
  open: async () => {
    const place = temporaryDirectory()
    const clock = new ManualClock()
    const open = (): LmdbTables => new LmdbTables({ directory: place.path, clock })
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
