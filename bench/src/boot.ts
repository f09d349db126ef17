import { temporaryDirectory } from '@koine/base/testing'
import { startServer } from '@koine/server/testing'
import { residentBytes } from './process-figures.ts'
import { type Measure, measure } from './result.ts'

/** A warm start over a directory that has been used before: until ready, and the memory then. */
export async function bootMeasures(runs: number): Promise<Measure[]> {
  await using directory = temporaryDirectory()
  const boots: number[] = []
  const resident: number[] = []
  for (let run = -1; run < runs; run++) {
    await using server = await startServer({ dataDir: directory.path })
    if (run < 0) continue // The first start makes the demo tenants.
    boots.push(server.readyInMs)
    resident.push(residentBytes(server.pid) / 2 ** 20)
  }
  return [measure('boot_to_ready', 'ms', boots), measure('resident_after_boot', 'MiB', resident)]
}
