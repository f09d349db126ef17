import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@koine/base/testing'
import { produce } from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { ServerProcess } from '@koine/server/testing'
import { KafkaConnection } from '../kafka-connection.ts'
import { percentile } from '../result.ts'
import { adminCall } from './admin.ts'
import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import { koine, syncDisks } from './systems.ts'
import { createTopic } from './topics.ts'
import { running, type Versus, withoutTiering } from './versus.ts'

const quotaBytesPerSecond = 2_000_000
const timesItsQuota = 10
const quietEveryMs = 5
/** A tenant's first burst passes, and it is held back for as long as that was too much: then its quota comes through. */
const settlingMsMax = 60_000
/** What comes through beyond its quota shows that nothing holds it back. */
const heldBackBytesPerSecond = 2 * quotaBytesPerSecond
const recordBytes = 1024

/** Two tenants of one node of ours, and the producer of one of them. */
interface Neighbours {
  readonly server: ServerProcess
  readonly directory: string
  readonly quiet: KafkaConnection
  readonly quietRecords: number
}

/**
 * A tenant that sends 200 records of 1 KB a second, each on its own, alone and beside one that sends ten times its quota by
 * Kafka's own tool. Both as they are by default: synced before they are answered.
 */
export const noisyNeighbour: Group = {
  ids: ['noisy_neighbour'],
  async take(versus) {
    const { runs, isSmall } = versus
    await using side = await running(koine, withoutTiering)
    const server = side.broker.server!
    const [{ apiKey }, loud] = [server.demo.tenants[0]!, server.demo.tenants[1]!]
    await adminCall(server, 'PATCH', `/v1/tenants/${loud.id}/quotas`, { produceBytesPerSecond: quotaBytesPerSecond })
    using quiet = await KafkaConnection.openAs(server.kafka, apiKey)
    await createTopic(quiet, { name: 'quiet', partitions: 1 })
    using noisy = await KafkaConnection.openAs(server.kafka, loud.apiKey)
    await createTopic(noisy, { name: 'flood', partitions: 6 })
    const neighbours = { server, directory: side.home.path, quiet, quietRecords: isSmall ? 100 : 3_000 }
    const [alone, beside]: [number[], number[]] = [[], []]
    for (let run = 0; run <= runs; run++) {
      for (const isBeside of run % 2 ? [true, false] : [false, true]) {
        syncDisks()
        const p99 = isBeside ? await besideFlood(versus, neighbours) : await quietP99(neighbours)
        versus.progress(`${isBeside ? 'beside the flood' : 'alone'} ${run === 0 ? 'warm-up' : `run ${run}`}: ${p99}`)
        if (run > 0) (isBeside ? beside : alone).push(p99)
      }
    }
    const note = `p99 of ${neighbours.quietRecords} produce requests of a quiet tenant beside another that sends ${timesItsQuota} times its quota of ${quotaBytesPerSecond / 1e6} MB/s, over the same without; the peer's column is ours without`
    return [compared({ id: 'noisy_neighbour', unit: 'ms', bar: { atMost: 1.2 }, ours: beside, peer: alone, note })]
  },
}

async function besideFlood({ tools }: Versus, neighbours: Neighbours): Promise<number> {
  const { server, directory } = neighbours
  await using flood = tools.flood({
    address: server.kafka,
    topic: 'flood',
    recordsPerSecond: (timesItsQuota * quotaBytesPerSecond) / recordBytes,
    credential: server.demo.tenants[1]!.apiKey,
    directory,
  })
  await until('the flood tells what comes through', () => Number.isFinite(flood.bytesPerSecond), settlingMsMax)
  const p99 = await quietP99(neighbours)
  const { bytesPerSecond } = flood
  if (!(bytesPerSecond < heldBackBytesPerSecond)) {
    throw new Error(`The flood isn't held back to its quota: it comes to ${bytesPerSecond} bytes a second`)
  }
  return p99
}

/** In milliseconds, of requests that are sent at their time, whether or not those before have been answered. */
async function quietP99({ quiet, quietRecords }: Neighbours): Promise<number> {
  const startedMs = performance.now()
  const latencies: Promise<number>[] = []
  for (let sent = 0; sent < quietRecords; sent++) {
    const dueInMs = startedMs + sent * quietEveryMs - performance.now()
    if (dueInMs > 0) await sleep(dueInMs)
    latencies.push(produced(quiet))
  }
  return percentile(await Promise.all(latencies), 0.99)
}

async function produced(connection: KafkaConnection): Promise<number> {
  const records = encodeRecordBatch({
    records: [{ key: null, value: new Uint8Array(recordBytes), timestampMs: Date.now() }],
  })
  const beforeMs = performance.now()
  const { responses } = await connection.request(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: 'quiet', partitionData: [{ index: 0, records }] }],
  })
  const { errorCode } = responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`Produce answered ${errorCode}`)
  return performance.now() - beforeMs
}
