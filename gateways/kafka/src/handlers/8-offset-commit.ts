import { offsetCommit } from '@koine/protocols-kafka'
import { codeOrNone, thrownCode } from '../failure-codes.ts'
import { handler } from '../handler.ts'

export default handler(offsetCommit, { versions: [2, 9] }, async (request, { streams, scope }) => {
  const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation } = request
  const offsets = request.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
      topic: name,
      partition: partitionIndex,
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata: committedMetadata ?? '',
    })),
  )
  const codes = await streams.groups.commit(scope, { groupId, memberId, instanceId, generation }, offsets).then(
    (failures) => failures.map(codeOrNone),
    (thrown: unknown) => offsets.map(() => thrownCode(thrown, 'coordinator')),
  )
  const inOrder = codes[Symbol.iterator]()
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: inOrder.next().value ?? 0 })),
    })),
  }
})
