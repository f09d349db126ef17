import { addOffsetsToTxn, errorCodes } from '@koine/protocols-kafka'
import { handler } from '../handler.ts'
import { transactionCode } from '../answers/transaction-codes.ts'

const fencedSince = 2

export default handler(addOffsetsToTxn, { versions: [0, 4] }, async ({ groupId, ...producer }, call) => {
  const { access, streams, scope, version } = call
  if (!access.may('write', 'transactional-id', producer.transactionalId)) {
    return { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }
  }
  if (!access.may('read', 'group', groupId)) return { errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED }
  const adding = () => streams.transactions.addGroup(scope, producer, groupId)
  return { errorCode: await transactionCode(adding, { version, fencedSince }) }
})
