import { addPartitionsToTxn, errorCodes } from '@koine/protocols-kafka'
import type { Partition } from '@koine/stores-ports'
import { type Call, handler } from '../handler.ts'
import { transactionCode } from '../answers/transaction-codes.ts'

const fencedSince = 2

/** All partitions or none. From version 4 on it is for brokers among themselves, of which there is one here. */
export default handler(addPartitionsToTxn, { versions: [0, 3] }, async (request, call) => {
  const { v3AndBelowTopics: topics, v3AndBelowTransactionalId: transactionalId } = request
  const partitions = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  )
  const producer = {
    transactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
  }
  const codes = (await add(call, producer, partitions))[Symbol.iterator]()
  return {
    resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: codes.next().value ?? errorCodes.NONE,
      })),
    })),
  }
})

interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** @returns a code for each partition */
async function add(call: Call, producer: Producer, partitions: readonly Partition[]): Promise<readonly number[]> {
  const { access, streams, scope, version } = call
  if (!access.may('write', 'transactional-id', producer.transactionalId)) {
    return partitions.map(() => errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  const problems = await partitionProblems(call, partitions)
  if (problems.some((code) => code !== errorCodes.NONE)) {
    return problems.map((code) => (code === errorCodes.NONE ? errorCodes.OPERATION_NOT_ATTEMPTED : code))
  }
  const adding = () => streams.transactions.addPartitions(scope, producer, partitions)
  const code = await transactionCode(adding, { version, fencedSince })
  return partitions.map(() => code)
}

async function partitionProblems(
  { access, streams, scope }: Call,
  partitions: readonly Partition[],
): Promise<readonly number[]> {
  const names = [...new Set(partitions.map(({ topic }) => topic))].filter((name) => access.may('write', 'topic', name))
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (await streams.topic(scope, name))?.partitions ?? 0)
  return partitions.map(({ topic, partition }) => {
    const count = counts.get(topic)
    if (count === undefined) return errorCodes.TOPIC_AUTHORIZATION_FAILED
    return partition >= 0 && partition < count ? errorCodes.NONE : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  })
}
