import { deleteRecords, errorCodes } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkPartitionsNamed } from '../answers/named-at-once.ts'

const upToTheHighWatermark = -1
const unknownOffset = -1

interface Asked {
  readonly partitionIndex: number
  readonly offset: number
}

export default handler(deleteRecords, { versions: [0, 2] }, async ({ topics }, call) => {
  checkPartitionsNamed(topics)
  return {
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(partitions.map((partition) => deleteBefore(name, partition, call))),
      })),
    ),
  }
})

async function deleteBefore(topic: string, { partitionIndex, offset }: Asked, { streams, scope, access }: Call) {
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: unknownOffset, errorCode })
  if (!access.may('delete', 'topic', topic)) return failed(errorCodes.TOPIC_AUTHORIZATION_FAILED)
  if (offset < upToTheHighWatermark) return failed(errorCodes.OFFSET_OUT_OF_RANGE)
  try {
    const before = offset === upToTheHighWatermark ? 'all' : Math.min(offset, Number.MAX_SAFE_INTEGER)
    const outcome = await streams.catalog.deleteRecords(scope, { topic, partition: partitionIndex }, before)
    if (!outcome.ok) return failed(codeOf(outcome.reason))
    return { partitionIndex, lowWatermark: outcome.startOffset, errorCode: errorCodes.NONE }
  } catch (thrown) {
    return failed(thrownCode(thrown))
  }
}
