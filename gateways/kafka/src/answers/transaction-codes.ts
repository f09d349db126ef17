import { errorCodes } from '@koine/protocols-kafka'
import type { TransactionFailure } from '@koine/services-streams'
import { codeOf, thrownCode } from './failure-codes.ts'

/**
 * Does what a producer asked of the transaction coordinator.
 * @param fencedSince the version of the request from which on its clients know PRODUCER_FENCED (KIP-588)
 * @returns the code that says what became of it
 */
export async function transactionCode(
  work: () => Promise<TransactionFailure | undefined>,
  { version, fencedSince }: { readonly version: number; readonly fencedSince: number },
): Promise<number> {
  try {
    const failure = await work()
    return failure === undefined ? errorCodes.NONE : refusalCode(failure, version >= fencedSince)
  } catch (thrown) {
    return thrownCode(thrown, 'coordinator')
  }
}

export const refusalCode = (failure: TransactionFailure, knowsFenced: boolean): number =>
  failure === 'producer-fenced' && !knowsFenced ? errorCodes.INVALID_PRODUCER_EPOCH : codeOf(failure)
