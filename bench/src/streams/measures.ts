import type { Measure } from '../result.ts'
import { peakResidentBytes } from '../process-figures.ts'
import { compared } from './comparison.ts'
import { createPartitions } from './partitions.ts'
import { coolDown, koine } from './systems.ts'
import { awaitAccepting } from './topics.ts'
import { type Durability, durabilityNote, makeTopic, restart, type Versus } from './versus.ts'

const throughput = 'MiB/s'

interface ProduceOptions {
  readonly id: string
  readonly partitions: number
  readonly durability: Durability
  readonly atLeast: number
  readonly peerSettings?: Readonly<Record<string, string>>
}

const produceMeasure =
  ({ id, partitions, durability, atLeast, peerSettings = {} }: ProduceOptions) =>
  async (versus: Versus): Promise<Measure[]> => {
    let had = durability
    const both = await versus.alternateRunning(async (side, run) => {
      const topic = `produce-${run}`
      const settings = side.system === koine ? {} : peerSettings
      const made = await makeTopic(side, { name: topic, partitions, settings }, durability)
      if (side.system === koine) had = made
      return await versus.tools.produce({ address: side.broker.address, topic, records: versus.records })
    })
    const note = durabilityNote(durability, had)
    return [compared({ id, unit: throughput, bar: { atLeast }, ...both, ...(note !== undefined && { note }) })]
  }

async function consumeTail(versus: Versus): Promise<Measure[]> {
  const { records, tools } = versus
  const both = await versus.alternateRunning(async (side, run) => {
    const load = { address: side.broker.address, topic: `tail-${run}`, records }
    await makeTopic(side, { name: load.topic, partitions: 6 }, 'os')
    await tools.produce(load)
    return await tools.consume(load)
  })
  const note = `${records} records of 1 KB, just written; what exceeds our tail cache comes from the page cache`
  return [compared({ id: 'consume_tail', unit: throughput, bar: { atLeast: 1 }, ...both, note })]
}

async function consumeLocal(versus: Versus): Promise<Measure[]> {
  const { records, tools } = versus
  const both = await versus.alternateRunning(async (side, run) => {
    const load = { address: side.broker.address, topic: 'local', records }
    if (run === 0) {
      await makeTopic(side, { name: load.topic, partitions: 6 }, 'os')
      await tools.produce(load)
    }
    await restart(side, () => coolDown(side.home))
    return await tools.consume(load)
  })
  const note = 'after a restart, the files out of the page cache'
  return [compared({ id: 'consume_local', unit: throughput, bar: { atLeast: 1 }, ...both, note })]
}

async function endToEnd(versus: Versus): Promise<Measure[]> {
  const records = Math.max(100, Math.min(10_000, versus.records / 20))
  let had: Durability = 'os'
  const both = await versus.alternateRunning(async (side, run) => {
    const topic = `latency-${run}`
    const made = await makeTopic(side, { name: topic, partitions: 1 }, 'os')
    if (side.system === koine) had = made
    return await versus.tools.endToEnd({ address: side.broker.address, topic, records }, side.home.path)
  })
  const note = durabilityNote('os', had)
  return (['p50', 'p99'] as const).map((which) =>
    compared({
      id: `e2e_${which}`,
      unit: 'ms',
      bar: { atMost: 1 },
      ours: both.ours.map((latencies) => latencies[which]),
      peer: both.peer.map((latencies) => latencies[which]),
      ...(note !== undefined && { note }),
    }),
  )
}

async function residentMemory(versus: Versus): Promise<Measure[]> {
  const both = await versus.alternate(async (system) => {
    await using home = await system.home()
    await using broker = await system.start(home)
    const load = { address: broker.address, topic: 'memory', records: versus.records }
    await makeTopic({ system, broker }, { name: load.topic, partitions: 6 }, 'os')
    await versus.tools.produce(load)
    await versus.tools.consume(load)
    return peakResidentBytes(broker.pid) / 2 ** 20
  })
  const note = 'peak of a fresh process that takes the records in 6 partitions and gives them out'
  return [compared({ id: 'rss', unit: 'MiB', bar: { atMost: 0.33 }, ...both, note })]
}

async function startTime(versus: Versus): Promise<Measure[]> {
  const both = await versus.alternate(async (system) => {
    await using home = await system.home()
    await (await system.start(home))[Symbol.asyncDispose]()
    const beforeMs = performance.now()
    const [broker, tookMs] = await Promise.all([
      system.start(home),
      awaitAccepting(home.address).then(() => performance.now() - beforeMs),
    ])
    await broker[Symbol.asyncDispose]()
    return tookMs
  })
  const note = 'over a directory that was used before and closed cleanly'
  return [compared({ id: 'start', unit: 'ms', bar: { atMost: 0.2 }, ...both, note })]
}

async function partitions(versus: Versus): Promise<Measure[]> {
  const topics = versus.records >= 100_000 ? 100 : 4
  const both = await versus.alternate(async (system) => {
    await using home = await system.home()
    await using broker = await system.start(home)
    return await createPartitions(broker, topics)
  })
  const note = `${topics} topics of 100 partitions, ours each in a tenant of its own, until all tell their end`
  return [compared({ id: 'create_partitions', unit: 'ms', bar: { atMost: 0.5 }, ...both, note })]
}

/** Every measure against Apache Kafka, by the name that `--only` knows. */
export const measures: Readonly<Record<string, (versus: Versus) => Promise<Measure[]>>> = {
  produce_os_1p: produceMeasure({ id: 'produce_os_1p', partitions: 1, durability: 'os', atLeast: 1 }),
  produce_os_6p: produceMeasure({ id: 'produce_os_6p', partitions: 6, durability: 'os', atLeast: 1 }),
  produce_sync_6p: produceMeasure({ id: 'produce_sync_6p', partitions: 6, durability: 'sync', atLeast: 0.7 }),
  produce_sync_vs_flush1: produceMeasure({
    id: 'produce_sync_vs_flush1',
    partitions: 6,
    durability: 'sync',
    atLeast: 5,
    peerSettings: { 'flush.messages': '1' },
  }),
  consume_tail: consumeTail,
  consume_local: consumeLocal,
  e2e: endToEnd,
  rss: residentMemory,
  start: startTime,
  create_partitions: partitions,
}

/** What can't be measured yet. */
export const leftOut: Readonly<Record<string, string>> = {
  consume_tiered: 'sealed segments are not offloaded to objects yet',
  noisy_neighbour: 'quotas are not enforced yet',
}
