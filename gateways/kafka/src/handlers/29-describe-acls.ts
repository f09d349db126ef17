import { describeAcls, errorCodes } from '@koine/protocols-kafka'
import { clusterName, type Acl } from '@koine/services-streams'
import { filterOf, resourceOf, ruleOf } from '../answers/acl-codes.ts'
import { handler } from '../handler.ts'

export default handler(describeAcls, { versions: [1, 3] }, async (request, { access, scope, streams }) => {
  if (!access.may('describe', 'cluster', clusterName)) {
    return refusal(errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'To see ACLs takes DESCRIBE on the cluster.')
  }
  const filter = filterOf(request)
  if (!filter) return refusal(errorCodes.INVALID_REQUEST, 'The filter has a type that is not known.')
  const acls = await streams.access.matching(scope, filter)
  return { errorCode: errorCodes.NONE, resources: byResource(acls) }
})

const refusal = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, resources: [] })

const byResource = (acls: readonly Acl[]) => {
  const groups = Map.groupBy(acls, ({ resourceType, pattern, name }) => JSON.stringify([resourceType, pattern, name]))
  return [...groups.values()].map((ofResource) => ({ ...resourceOf(ofResource[0]!), acls: ofResource.map(ruleOf) }))
}
