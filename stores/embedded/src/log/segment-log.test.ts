import { KoineError, systemClock } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { logConformance } from '@koine/stores-ports/conformance'
import { MemoryBlobs, MemoryTables } from '@koine/stores-ports/memory'
import type { SegmentLogLimits } from './engine.ts'
import { FailingFiles } from './failing-files.ts'
import { SegmentLog } from './segment-log.ts'
import { systemFiles } from './system-files.ts'

const tiny: Partial<SegmentLogLimits> = {
  segmentBytes: 2000,
  tailCacheBytes: 1000,
  indexCacheBytes: 1000,
  openFiles: 2,
  openTenants: 1,
}

/** Everything goes to the blob store as soon as it can, and little of it stays in memory. */
const atOnce = { copyAfterMs: 0, localMs: 0, readCacheBytes: 2 * 1024 * 1024 }

for (const [name, limits, tiering] of [
  ['embedded', {}, undefined],
  ['embedded with tiny bounds', tiny, undefined],
  ['embedded with tiny bounds and a blob store', tiny, atOnce],
] as const) {
  logConformance({
    name,
    open: async () => {
      const directory = temporaryDirectory()
      const files = new FailingFiles(systemFiles)
      const before = (operation: string): void => {
        if (files.isOn && operation === 'tables.write') throw new KoineError('unavailable', 'A fault of the test.')
      }
      const tables = new MemoryTables({ clock: systemClock, faults: { before, after: () => {} } })
      const blobs = new MemoryBlobs({ clock: systemClock })
      const tiers = tiering && { blobs, tiering }
      const options = { directory: directory.path, tables, clock: systemClock, files, limits, ...tiers }
      let log = new SegmentLog(options)
      return {
        log,
        reopen: async () => {
          await log[Symbol.asyncDispose]()
          return (log = new SegmentLog(options))
        },
        failing: (on) => (files.isOn = on),
        [Symbol.asyncDispose]: async () => {
          await log[Symbol.asyncDispose]()
          await directory[Symbol.asyncDispose]()
        },
      }
    },
  })
}
