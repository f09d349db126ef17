import { describeTransactions, errorCodes } from '@koine/protocols-kafka'
import type { Access, Transaction } from '@koine/services-streams'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

export default handler(describeTransactions, { versions: [0, 0] }, async ({ transactionalIds }, call) => {
  const ids = [...new Set(transactionalIds)]
  return { transactionStates: await Promise.all(ids.map((id) => describe(id, call))) }
})

async function describe(transactionalId: string, { access, streams, scope }: Call) {
  if (!access.may('describe', 'transactional-id', transactionalId)) {
    return nothing(transactionalId, errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (transactionalId === '') return nothing(transactionalId, errorCodes.INVALID_REQUEST)
  try {
    const transaction = await streams.transactions.describe(scope, transactionalId)
    if (!transaction) return nothing(transactionalId, errorCodes.TRANSACTIONAL_ID_NOT_FOUND)
    return {
      errorCode: errorCodes.NONE,
      transactionalId,
      transactionState: transaction.state,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStartTimeMs: transaction.startedAtMs,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      topics: visibleTopics(transaction, access),
    }
  } catch (thrown) {
    return nothing(transactionalId, thrownCode(thrown, 'coordinator'))
  }
}

const visibleTopics = ({ partitions }: Transaction, access: Access) =>
  [...Map.groupBy(partitions.values(), ({ topic }) => topic)]
    .filter(([topic]) => access.may('describe', 'topic', topic))
    .map(([topic, ofTopic]) => ({ topic, partitions: ofTopic.map(({ partition }) => partition) }))

const nothing = (transactionalId: string, errorCode: number) => ({
  errorCode,
  transactionalId,
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0,
  producerId: 0,
  producerEpoch: 0,
  topics: [],
})
