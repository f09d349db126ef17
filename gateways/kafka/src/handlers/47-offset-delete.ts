import { errorCodes, offsetDelete } from '@koine/protocols-kafka'
import type { Partition } from '@koine/stores-ports'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

export default handler(offsetDelete, { versions: [0, 0] }, async ({ groupId, topics }, call) => {
  const { streams, scope, access } = call
  if (!access.may('delete', 'group', groupId)) return refusal(errorCodes.GROUP_AUTHORIZATION_FAILED)
  const partitions = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
  )
  try {
    const codes = await codesBefore(partitions, call)
    const asked = partitions.filter((at) => !codes.has(at))
    const outcome = await streams.groups.deleteOffsets(scope, groupId, asked)
    if (!outcome.ok) return refusal(codeOf(outcome.reason))
    for (const [index, at] of asked.entries()) {
      codes.set(at, outcome.failures[index] ? errorCodes.GROUP_SUBSCRIBED_TO_TOPIC : errorCodes.NONE)
    }
    const inOrder = partitions[Symbol.iterator]()
    return {
      errorCode: errorCodes.NONE,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: codes.get(inOrder.next().value!)!,
        })),
      })),
    }
  } catch (thrown) {
    return refusal(thrownCode(thrown, 'coordinator'))
  }
})

const refusal = (errorCode: number) => ({ errorCode, topics: [] })

/** The codes of partitions that the group isn't asked about. */
async function codesBefore(
  partitions: readonly Partition[],
  { streams, scope, access }: Call,
): Promise<Map<Partition, number>> {
  const codes = new Map<Partition, number>()
  for (const [name, ofTopic] of Map.groupBy(partitions, ({ topic }) => topic)) {
    const mayRead = access.may('read', 'topic', name)
    const count = mayRead ? ((await streams.topic(scope, name))?.partitions ?? 0) : 0
    for (const at of ofTopic) {
      if (!mayRead) codes.set(at, errorCodes.TOPIC_AUTHORIZATION_FAILED)
      else if (at.partition < 0 || at.partition >= count) codes.set(at, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    }
  }
  return codes
}
