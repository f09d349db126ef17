import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import { makeTopic } from './versus.ts'

/** Enough for the tool's own compiler to have warmed up before the slowest hundredth begins. */
const recordsMax = 10_000

export const endToEnd: Group = {
  ids: ['e2e_p50', 'e2e_p99'],
  async take(versus) {
    const records = versus.isSmall ? 500 : recordsMax
    const both = await versus.alternateRunning(async (side, run) => {
      const topic = `latency-${run}`
      await makeTopic(side, { name: topic, partitions: 1 }, 'os')
      return await versus.tools.endToEnd({ address: side.broker.address, topic, records }, side.home.path)
    })
    const note = `${records} records of 100 bytes, one after another, neither synced before it is answered`
    return (['p50', 'p99'] as const).map((which) =>
      compared({
        id: `e2e_${which}`,
        unit: 'ms',
        bar: { atMost: 1 },
        ours: both.ours.map((latencies) => latencies[which]),
        peer: both.peer.map((latencies) => latencies[which]),
        note,
      }),
    )
  },
}
