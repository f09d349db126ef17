import { deleteAcls, errorCodes } from '@koine/protocols-kafka'
import { type AclFilter, clusterName } from '@koine/services-streams'
import { filterOf, resourceOf, ruleOf } from '../answers/acl-codes.ts'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

export default handler(deleteAcls, { versions: [1, 3] }, async ({ filters }, call) => {
  if (!call.access.may('alter', 'cluster', clusterName)) {
    const message = 'To delete ACLs takes ALTER on the cluster.'
    return { filterResults: filters.map(() => refusal(errorCodes.CLUSTER_AUTHORIZATION_FAILED, message)) }
  }
  checkNamed(filters.length, { isDescribed: true })
  const wanted = filters.map(filterOf)
  const results = await remove(
    wanted.filter((filter) => filter !== undefined),
    call,
  )
  const unknown = refusal(errorCodes.INVALID_REQUEST, 'The filter has a type that is not known.')
  // The results are those of the known ones, in their order.
  return { filterResults: wanted.map((filter) => (filter ? results.shift()! : unknown)) }
})

const refusal = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, matchingAcls: [] })

async function remove(filters: readonly AclFilter[], { streams, scope }: Call) {
  try {
    const removed = await streams.access.delete(scope, filters)
    return removed.map((acls) => ({
      errorCode: errorCodes.NONE,
      errorMessage: null,
      matchingAcls: acls.map((acl) => ({ errorCode: errorCodes.NONE, ...resourceOf(acl), ...ruleOf(acl) })),
    }))
  } catch (thrown) {
    const errorCode = thrownCode(thrown, 'coordinator')
    return filters.map(() => refusal(errorCode, 'The ACLs could not be deleted.'))
  }
}
