import { temporaryDirectory } from '@koine/base/testing'
import { startServer, type ServerProcess } from '@koine/server/testing'
import { bootMeasures } from '../boot.ts'
import { idleConnectionMeasures } from '../idle-connections.ts'
import { kafkaMeasures } from '../kafka-traffic.ts'
import { pairMeasures } from '../message-pairs.ts'
import type { Measure } from '../result.ts'
import type { Scenario } from '../scenario.ts'
import { machineWalls } from '../walls.ts'

/** The story end to end: messages between pairs, idle connections, Kafka traffic, boot, beside the machine's own walls. */
export const mainScenario: Scenario = async ({ runs, progress, small }) => {
  const measures: Measure[] = []
  const step = async (what: string, take: () => Promise<Measure[]>): Promise<void> => {
    progress(`${what} …`)
    measures.push(...(await take()))
  }
  await step('machine', () => machineWalls(small ? 1 : runs))
  await step('boot', () => bootMeasures(runs))
  await step('one pair', () => fresh((server) => pairMeasures(server, { pairs: 1, seconds: small ? 1 : 10, runs })))
  await step('50 pairs', () => fresh((server) => pairMeasures(server, { pairs: 50, seconds: small ? 1 : 10, runs })))
  await step('idle connections', () =>
    fresh((server) => idleConnectionMeasures(server, { connections: small ? 100 : 10_000 })),
  )
  await step('Kafka', () => fresh((server) => kafkaMeasures(server, { megabytes: small ? 4 : 400, runs })))
  return measures
}

/** Each part meets a server of its own over an empty directory. */
async function fresh(take: (server: ServerProcess) => Promise<Measure[]>): Promise<Measure[]> {
  await using directory = temporaryDirectory()
  await using server = await startServer({ dataDir: directory.path })
  return await take(server)
}
