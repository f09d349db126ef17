import { errorCodes, txnOffsetCommit } from '@koine/protocols-kafka'
import type { GivenOffsets, TransactionalProducer } from '@koine/services-streams'
import { codeOrNone, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const abortableSince = 4

/** Offsets that are committed with a transaction. Up to version 4: with version 5 a client no longer adds the group first. */
export default handler(txnOffsetCommit, { versions: [0, 4] }, async (request, call) => {
  const { transactionalId, producerId, producerEpoch, groupId, memberId, generationId: generation } = request
  const offsets = request.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
      topic: name,
      partition: partitionIndex,
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata: committedMetadata ?? '',
    })),
  )
  const claim = { groupId, memberId, instanceId: request.groupInstanceId, generation }
  const codes = await commit(call, { transactionalId, producerId, producerEpoch }, { claim, offsets })
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
  call: Call,
  producer: TransactionalProducer,
  { claim, offsets }: GivenOffsets,
): Promise<readonly number[]> {
  const { access, streams, scope, version } = call
  if (!access.may('write', 'transactional-id', producer.transactionalId)) {
    return offsets.map(() => errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (!access.may('read', 'group', claim.groupId)) return offsets.map(() => errorCodes.GROUP_AUTHORIZATION_FAILED)
  const readable = offsets.filter(({ topic }) => access.may('read', 'topic', topic))
  try {
    const outcome = await streams.transactions.commitOffsets(scope, producer, { claim, offsets: readable })
    const codes = new Map(readable.map((offset, index) => [offset, offsetCode(outcome[index], version)]))
    return offsets.map((offset) => codes.get(offset) ?? errorCodes.TOPIC_AUTHORIZATION_FAILED)
  } catch (thrown) {
    const code = thrownCode(thrown, 'coordinator')
    return offsets.map(() => code)
  }
}

/** Kafka's group coordinator names these two as its own log would. */
function offsetCode(failure: Parameters<typeof codeOrNone>[0], version: number): number {
  if (failure === 'producer-fenced') return errorCodes.INVALID_PRODUCER_EPOCH
  if (failure === 'invalid-transaction-state' && version >= abortableSince) return errorCodes.TRANSACTION_ABORTABLE
  return codeOrNone(failure)
}
