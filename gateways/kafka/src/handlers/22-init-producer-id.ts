import { errorCodes, initProducerId } from '@koine/protocols-kafka'
import { type Access, clusterName } from '@koine/services-streams'
import { thrownCode } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'
import { refusalCode } from '../answers/transaction-codes.ts'

const fencedSince = 4

/** For idempotent producers, and for those of a transactional id, whose predecessor is fenced. */
export default handler(initProducerId, { versions: [0, 5] }, async (request, { streams, scope, access, version }) => {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
  const denied = accessProblem(access, transactionalId)
  if (denied !== undefined) return refusal(denied)
  try {
    const asked = { transactionalId, timeoutMs, producerId, producerEpoch }
    const outcome = await streams.transactions.initProducer(scope, asked)
    if (!outcome.ok) return refusal(refusalCode(outcome.reason, version >= fencedSince))
    return { errorCode: errorCodes.NONE, producerId: outcome.producerId, producerEpoch: outcome.producerEpoch }
  } catch (thrown) {
    return refusal(thrownCode(thrown, 'coordinator'))
  }
})

/** Whoever may write to some topic may do so idempotently (KIP-679). */
function accessProblem(access: Access, transactionalId: string | null): number | undefined {
  if (transactionalId !== null) {
    const may = access.may('write', 'transactional-id', transactionalId)
    return may ? undefined : errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  }
  const may = access.mayAnywhere('write', 'topic') || access.may('idempotent-write', 'cluster', clusterName)
  return may ? undefined : errorCodes.CLUSTER_AUTHORIZATION_FAILED
}

const refusal = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 })
