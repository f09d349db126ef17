import { errorCodes } from '@koine/protocols-kafka'
import type { Call } from '../handler.ts'

/** What is refused because the tenant makes and deletes partitions too fast; clients try it again later (KIP-599). */
export const throttledMutation = {
  errorCode: errorCodes.THROTTLING_QUOTA_EXCEEDED,
  errorMessage: 'The throttling quota has been exceeded.',
}

/**
 * Makes or deletes so many partitions within the tenant's quota. Clients of versions before `strictSince` don't know that
 * they may be refused for want of it: for them it is done, and they wait afterwards.
 * @returns undefined when it is refused
 */
export async function withinMutations<T extends { readonly ok: boolean }>(
  { charges, version }: Pick<Call, 'charges' | 'version'>,
  { partitions, strictSince }: { readonly partitions: number; readonly strictSince: number },
  mutate: () => Promise<T>,
): Promise<T | undefined> {
  if (!charges.mutate(partitions, { isStrict: version >= strictSince })) return undefined
  let isDone = false
  try {
    const outcome = await mutate()
    isDone = outcome.ok
    return outcome
  } finally {
    if (!isDone) charges.notMutated(partitions)
  }
}
