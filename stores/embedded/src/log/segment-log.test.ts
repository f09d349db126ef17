import { systemClock } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { logConformance } from '@koine/stores-ports/conformance'
import { MemoryTables } from '@koine/stores-ports/memory'
import { SegmentLog } from './segment-log.ts'
import type { SegmentLogLimits } from './engine.ts'

const tiny: Partial<SegmentLogLimits> = {
  segmentBytes: 2000,
  tailCacheBytes: 1000,
  indexCacheBytes: 1000,
  openFiles: 2,
  openTenants: 1,
}

for (const [name, limits] of [
  ['embedded', {}],
  ['embedded with tiny bounds', tiny],
] as const) {
  logConformance({
    name,
    open: async () => {
      const directory = temporaryDirectory()
      const options = {
        directory: directory.path,
        tables: new MemoryTables({ clock: systemClock }),
        clock: systemClock,
        limits,
      }
      let log = new SegmentLog(options)
      return {
        log,
        reopen: async () => {
          await log[Symbol.asyncDispose]()
          return (log = new SegmentLog(options))
        },
        [Symbol.asyncDispose]: async () => {
          await log[Symbol.asyncDispose]()
          await directory[Symbol.asyncDispose]()
        },
      }
    },
  })
}
