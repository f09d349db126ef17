import { errorCodes, listTransactions } from '@koine/protocols-kafka'
import { thrownCode } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'

export default handler(listTransactions, { versions: [0, 2] }, async (request, { access, streams, scope }) => {
  const filter = {
    states: request.stateFilters,
    producerIds: request.producerIdFilters,
    durationMs: request.durationFilter,
    idPattern: request.transactionalIdPattern,
  }
  try {
    const listed = await streams.transactions.list(scope, filter)
    if (!listed.ok) return nothing(errorCodes.INVALID_REGULAR_EXPRESSION)
    const visible = listed.transactions.filter(({ transactionalId }) =>
      access.may('describe', 'transactional-id', transactionalId),
    )
    return {
      errorCode: errorCodes.NONE,
      unknownStateFilters: listed.unknownStates,
      transactionStates: visible.map(({ transactionalId, producerId, state }) => ({
        transactionalId,
        producerId,
        transactionState: state,
      })),
    }
  } catch (thrown) {
    return nothing(thrownCode(thrown, 'coordinator'))
  }
})

const nothing = (errorCode: number) => ({ errorCode, unknownStateFilters: [], transactionStates: [] })
