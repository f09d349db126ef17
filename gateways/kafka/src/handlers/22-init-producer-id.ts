import { errorCodes, initProducerId } from '@koine/protocols-kafka'
import { thrownCode } from '../failure-codes.ts'
import { handler } from '../handler.ts'

/** For idempotent producers. Nobody is authorized to use a transactional id while transactions aren't served. */
export default handler(initProducerId, { versions: [0, 5] }, async ({ transactionalId }, { streams, scope }) => {
  if (transactionalId !== null) return refusal(errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  try {
    return { errorCode: errorCodes.NONE, producerId: await streams.newProducerId(scope), producerEpoch: 0 }
  } catch (thrown) {
    return refusal(thrownCode(thrown, 'coordinator'))
  }
})

const refusal = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 })
