import { until } from '@koine/base/testing'
import { adminCall } from './admin.ts'
import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import { type Broker, coolDown, koine } from './systems.ts'
import { makeTopic, type Side, type Versus, withoutTiering } from './versus.ts'

/** Of 1 KB: more than our tail cache holds, and enough that the segment with the last of the others is full. */
const fillerRecords = 80_000
const recordBytes = 1024

interface OldOptions {
  readonly id: string
  readonly atLeast: number
  readonly note: string
  /** Of our process. */
  readonly flags: readonly string[]
  /** Where our records have to be before they are read. */
  readonly isSettled: (usage: Usage) => boolean
  /** Where they must have been read from. */
  readonly tier: keyof Usage['readBytes']
}

interface Usage {
  readonly segments: { readonly local: Tier; readonly tiered: Tier }
  readonly readBytes: { readonly cache: number; readonly local: number; readonly tiered: number }
}

interface Tier {
  readonly segments: number
  readonly bytes: number
}

/**
 * From files that nobody has looked into lately: before each run the files are taken out of the page cache, on both sides,
 * and our tail cache is full of other records.
 */
const consumeOld = ({ id, atLeast, note, flags, isSettled, tier }: OldOptions): Group => ({
  ids: [id],
  async take(versus) {
    const { records, tools } = versus
    const filled = new Set<Side>()
    const both = await versus.alternateRunning(
      async (side) => {
        if (!filled.has(side)) await fill(versus, side, isSettled)
        filled.add(side)
        coolDown(side.home)
        const before = await readBytes(side)
        const rate = await tools.consume({ address: side.broker.address, topic: 'old', records })
        const after = await readBytes(side)
        if (before && after && after[tier] - before[tier] < records * recordBytes * 0.9) {
          throw new Error(`Not read from where it should: ${JSON.stringify({ tier, before, after })}`)
        }
        return rate
      },
      { flags },
    )
    return [compared({ id, unit: 'MiB/s', bar: { atLeast }, ...both, note: `${records} records of 1 KB; ${note}` })]
  },
})

async function fill({ tools, records }: Versus, side: Side, isSettled: (usage: Usage) => boolean): Promise<void> {
  const { system, broker } = side
  for (const load of [
    { topic: 'old', records },
    { topic: 'filler', records: fillerRecords },
  ]) {
    await makeTopic(side, { name: load.topic, partitions: 6 }, 'os')
    await tools.produce({ address: broker.address, ...load })
  }
  if (system !== koine) return
  await until('the records are where they are to be read from', async () => isSettled(await usageOf(broker)), 120_000)
}

const usageOf = ({ server }: Broker): Promise<Usage> =>
  adminCall(server!, 'GET', `/v1/tenants/${server!.demo.tenants[0]!.id}/usage`)

/** So far, by where it came from; only of ours. */
const readBytes = async ({ system, broker }: Side): Promise<Usage['readBytes'] | undefined> =>
  system === koine ? (await usageOf(broker)).readBytes : undefined

export const consumeLocal = consumeOld({
  id: 'consume_local',
  atLeast: 1,
  tier: 'local',
  flags: withoutTiering,
  isSettled: () => true,
  note: 'out of the page cache on both sides before each run, from local segments',
})

export const consumeTiered = consumeOld({
  id: 'consume_tiered',
  atLeast: 0.7,
  tier: 'tiered',
  // Every full segment leaves the local disk at once.
  flags: ['--streams-tiering-copy-after-ms=0', '--streams-tiering-local-ms=0', '--streams-tiering-local-bytes=0'],
  isSettled: ({ segments }) => segments.tiered.segments > 0 && segments.local.segments <= 1,
  note: "out of the page cache on both sides before each run; ours from objects in the blob store (files), Kafka's from its local log, since it comes without a remote store",
})
