import { errorCodes, offsetCommit } from '@koine/protocols-kafka'
import type { GroupClaim } from '@koine/services-streams'
import type { CommittedOffset } from '@koine/stores-ports'
import { codeOrNone, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

/** The first version whose clients understand the failures of the consumer protocol. */
const versionWithEpochs = 9

/** The retention that versions 2 to 4 ask for isn't kept to: the server's setting is for all groups. */
export default handler(offsetCommit, { versions: [2, 9] }, async (request, call) => {
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
  const knowsEpochs = call.version >= versionWithEpochs
  const codes = await commit(call, { groupId, memberId, instanceId, generation, knowsEpochs }, offsets)
  const inOrder = codes[Symbol.iterator]()
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: inOrder.next().value ?? 0 })),
    })),
  }
})

/** @returns a code for each offset */
async function commit(
  { streams, scope, access }: Call,
  claim: GroupClaim,
  offsets: readonly CommittedOffset[],
): Promise<readonly number[]> {
  if (!access.may('read', 'group', claim.groupId)) return offsets.map(() => errorCodes.GROUP_AUTHORIZATION_FAILED)
  const readable = offsets.filter(({ topic }) => access.may('read', 'topic', topic))
  try {
    const failures = await streams.groups.commit(scope, claim, readable)
    const codes = new Map(readable.map((offset, index) => [offset, codeOrNone(failures[index])]))
    return offsets.map((offset) => codes.get(offset) ?? errorCodes.TOPIC_AUTHORIZATION_FAILED)
  } catch (thrown) {
    const code = thrownCode(thrown, 'coordinator')
    return offsets.map(() => code)
  }
}
