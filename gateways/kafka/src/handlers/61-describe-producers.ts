import { describeProducers, errorCodes } from '@koine/protocols-kafka'
import type { ActiveProducer } from '@koine/services-streams'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

/** Who has written to partitions with sequence numbers, and with which transactions open. */
export default handler(describeProducers, { versions: [0, 0] }, async ({ topics }, call) => {
  checkNamed(topics.reduce((sum, { partitionIndexes }) => sum + partitionIndexes.length, topics.length))
  return {
    topics: await Promise.all(
      topics.map(async ({ name, partitionIndexes }) => ({
        name,
        partitions: await Promise.all(partitionIndexes.map((partition) => describe(call, name, partition))),
      })),
    ),
  }
})

async function describe({ streams, scope, access }: Call, topic: string, partitionIndex: number) {
  if (!access.may('read', 'topic', topic)) return failure(partitionIndex, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  try {
    const producers = await streams.producers(scope, { topic, partition: partitionIndex })
    if (!producers) return failure(partitionIndex, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    return { partitionIndex, errorCode: errorCodes.NONE, activeProducers: producers.map(described) }
  } catch (thrown) {
    return failure(partitionIndex, thrownCode(thrown, 'read'))
  }
}

const described = (producer: ActiveProducer) => ({
  producerId: producer.producerId,
  producerEpoch: producer.producerEpoch,
  lastSequence: producer.lastSequence,
  lastTimestamp: producer.lastTimestampMs,
  coordinatorEpoch: producer.coordinatorEpoch,
  currentTxnStartOffset: producer.transactionFirstOffset,
})

const failure = (partitionIndex: number, errorCode: number) => ({ partitionIndex, errorCode, activeProducers: [] })
