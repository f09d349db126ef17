import { forgetPeak, peakResidentBytes } from '../process-figures.ts'
import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import { koine } from './systems.ts'
import { type Durability, makeTopic } from './versus.ts'

const throughput = 'MiB/s'
const mebibyte = 2 ** 20

interface ProduceOptions {
  readonly id: string
  readonly partitions: number
  /** Of our topics. */
  readonly durability: Durability
  readonly atLeast: number
  /** Of the peer's topics. */
  readonly peerSettings?: Readonly<Record<string, string>>
  /** Of the records of a run: the slower the fewer. */
  readonly share?: number
  readonly note: string
}

/** What producers of 1 KB records with `acks=all` get through. */
export const produceMeasure = (options: ProduceOptions): Group => ({
  ids: [options.id],
  async take(versus) {
    const { id, partitions, durability, atLeast, peerSettings = {}, share = 1, note } = options
    const records = Math.ceil(versus.records * share)
    const both = await versus.alternateRunning(async (side, run) => {
      const topic = `produce-${run}`
      const settings = side.system === koine ? {} : peerSettings
      await makeTopic(side, { name: topic, partitions, settings }, durability)
      return await versus.tools.produce({ address: side.broker.address, topic, records })
    })
    return [compared({ id, unit: throughput, bar: { atLeast }, ...both, note: `${records} records; ${note}` })]
  },
})

/** Into six partitions, out again as soon as they are in, and the memory that this takes. */
export const sixPartitions: Group = {
  ids: ['produce_os_6p', 'consume_tail', 'rss'],
  async take(versus) {
    const both = await versus.alternateRunning(async (side, run) => {
      const load = { address: side.broker.address, topic: `six-${run}`, records: versus.records }
      await makeTopic(side, { name: load.topic, partitions: 6 }, 'os')
      forgetPeak(side.broker.pid)
      const produced = await versus.tools.produce(load)
      const consumed = await versus.tools.consume(load)
      return { produced, consumed, resident: peakResidentBytes(side.broker.pid) / mebibyte }
    })
    const of = (figure: 'produced' | 'consumed' | 'resident') => ({
      ours: both.ours.map((figures) => figures[figure]),
      peer: both.peer.map((figures) => figures[figure]),
    })
    const count = `${versus.records} records of 1 KB`
    return [
      compared({
        ...{ id: 'produce_os_6p', unit: throughput, bar: { atLeast: 1 }, ...of('produced') },
        note: `${count}; neither syncs before it answers`,
      }),
      compared({
        ...{ id: 'consume_tail', unit: throughput, bar: { atLeast: 1 }, ...of('consumed') },
        note: `${count}, just written; what our tail cache of 64 MiB doesn't hold any more comes from the page cache, as all of Kafka's does`,
      }),
      compared({
        ...{ id: 'rss', unit: 'MiB', bar: { atMost: 0.33 }, ...of('resident') },
        note: `the most that was resident while ${count} went into 6 partitions and out again`,
      }),
    ]
  },
}
