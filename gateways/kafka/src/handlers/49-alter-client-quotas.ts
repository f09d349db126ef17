import { alterClientQuotas, errorCodes } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

interface Entry {
  readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[]
}

/** Each entity's quotas are altered or not on their own. */
export default handler(alterClientQuotas, { versions: [0, 1] }, async ({ entries, validateOnly }, call) => {
  checkNamed(entries.length)
  const mayAlter = call.access.may('alter-configs', 'cluster', clusterName)
  const answers = []
  for (const entry of entries) {
    const outcome = mayAlter ? await alter(entry, validateOnly, call) : unauthorized
    answers.push({ ...outcome, entity: entry.entity })
  }
  return { entries: answers }
})

const unauthorized = {
  errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED,
  errorMessage: 'Cluster authorization failed.',
}

async function alter({ entity, ops }: Entry, validateOnly: boolean, { streams, scope }: Call) {
  const alteration = {
    entity: entity.map(({ entityType: type, entityName: name }) => ({ type, name })),
    changes: ops.map(({ key, value, remove }) => ({ key, value: remove ? undefined : value })),
  }
  try {
    const altered = await streams.quotas.alter(scope, alteration, { validateOnly })
    if (altered.ok) return { errorCode: errorCodes.NONE, errorMessage: null }
    return { errorCode: codeOf(altered.reason), errorMessage: altered.message }
  } catch (thrown) {
    return { errorCode: thrownCode(thrown), errorMessage: 'The quotas could not be altered.' }
  }
}
