import { errorCodes, listOffsets } from '@koine/protocols-kafka'
import type { OffsetQuery } from '@koine/services-streams'
import { codeOf, thrownCode } from '../failure-codes.ts'
import { handler } from '../handler.ts'

/** Times that stand for something else. */
const specialTimes: { readonly [timestamp: number]: OffsetQuery } = {
  [-1]: 'latest',
  [-2]: 'earliest',
  [-3]: 'max-timestamp',
  // Of what is on the local disk; there is no other yet.
  [-4]: 'earliest',
}
/** A partition keeps its leader for ever. */
const leaderEpoch = 0

export default handler(listOffsets, { versions: [1, 8] }, async ({ topics }, { streams, scope }) => {
  const find = async (topic: string, partition: number, timestamp: number) => {
    const partitionIndex = partition
    if (timestamp < 0 && !(timestamp in specialTimes)) {
      return { partitionIndex, errorCode: errorCodes.UNSUPPORTED_VERSION }
    }
    try {
      const query = specialTimes[timestamp] ?? { timestampMs: timestamp }
      const found = await streams.findOffset(scope, { topic, partition }, query)
      if (!found.ok) return { partitionIndex, errorCode: codeOf(found.reason) }
      const { offset, timestampMs } = found
      return { partitionIndex, errorCode: errorCodes.NONE, timestamp: timestampMs, offset, leaderEpoch }
    } catch (thrown) {
      return { partitionIndex, errorCode: thrownCode(thrown) }
    }
  }
  return {
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(({ partitionIndex, timestamp }) => find(name, partitionIndex, timestamp)),
        ),
      })),
    ),
  }
})
