import { endTxn, errorCodes } from '@koine/protocols-kafka'
import { handler } from '../handler.ts'
import { transactionCode } from '../answers/transaction-codes.ts'

const fencedSince = 2

/** Up to version 4: with version 5 clients take every transaction to have an epoch of its own (KIP-890). */
export default handler(endTxn, { versions: [0, 4] }, async (request, { access, streams, scope, version }) => {
  const { transactionalId, producerId, producerEpoch, committed: commit } = request
  if (!access.may('write', 'transactional-id', transactionalId)) {
    return { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }
  }
  const ending = () => streams.transactions.end(scope, { transactionalId, producerId, producerEpoch, commit })
  return { errorCode: await transactionCode(ending, { version, fencedSince }) }
})
