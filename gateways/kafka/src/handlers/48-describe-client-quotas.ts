import { describeClientQuotas, errorCodes } from '@koine/protocols-kafka'
import { clusterName, type EntityQuotas, type QuotaFilterPart } from '@koine/services-streams'
import { codeOf } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

const matchTypes = { exact: 0, byDefault: 1, any: 2 } as const

interface Component {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

export default handler(describeClientQuotas, { versions: [0, 1] }, async ({ components, strict }, call) => {
  checkNamed(components.length)
  if (!call.access.may('describe-configs', 'cluster', clusterName)) {
    return no(errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.')
  }
  const problem = components.map(matchProblem).find((each) => each !== undefined)
  if (problem !== undefined) return no(errorCodes.INVALID_REQUEST, problem)
  const described = await call.streams.quotas.describe(call.scope, { parts: components.map(partOf), strict })
  if (!described.ok) return no(codeOf(described.reason), described.message)
  return { errorCode: errorCodes.NONE, entries: described.entities.map(entry) }
})

const no = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, entries: null })

function matchProblem({ matchType, match }: Component): string | undefined {
  if (matchType === matchTypes.exact) {
    return match === null ? 'Request specified MATCH_TYPE_EXACT, but set match string to null.' : undefined
  }
  if (matchType !== matchTypes.byDefault && matchType !== matchTypes.any) return `Unknown match type ${matchType}`
  const name = matchType === matchTypes.byDefault ? 'MATCH_TYPE_DEFAULT' : 'MATCH_TYPE_SPECIFIED'
  return match === null ? undefined : `Request specified ${name}, but also specified a match string.`
}

function partOf({ entityType: type, matchType, match }: Component): QuotaFilterPart {
  if (match !== null) return { type, match: { name: match } }
  return { type, match: matchType === matchTypes.byDefault ? 'default' : 'any' }
}

const entry = ({ entity, values }: EntityQuotas) => ({
  entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
  values: Object.entries(values).map(([key, value]) => ({ key, value })),
})
