import { createAcls, errorCodes } from '@koine/protocols-kafka'
import { type Acl, clusterName } from '@koine/services-streams'
import { aclOf } from '../answers/acl-codes.ts'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

interface Result {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export default handler(createAcls, { versions: [1, 3] }, async ({ creations }, call) => {
  if (!call.access.may('alter', 'cluster', clusterName)) {
    return { results: creations.map(() => refusal) }
  }
  const acls = creations.map(aclOf)
  const outcomes = await create(
    acls.filter((acl) => acl !== undefined),
    call,
  )
  // The outcomes are those of the known ones, in their order.
  return { results: acls.map((acl) => (acl ? outcomes.shift()! : unknownKind)) }
})

const refusal: Result = {
  errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED,
  errorMessage: 'To make ACLs takes ALTER on the cluster.',
}
const unknownKind: Result = {
  errorCode: errorCodes.INVALID_REQUEST,
  errorMessage: 'An ACL names one type of resource, literal or prefixed, one operation, and whether it is allowed.',
}

async function create(acls: readonly Acl[], { streams, scope }: Call): Promise<Result[]> {
  try {
    const outcomes = await streams.access.create(scope, acls)
    return outcomes.map((outcome) =>
      outcome.ok
        ? { errorCode: errorCodes.NONE, errorMessage: null }
        : { errorCode: codeOf(outcome.reason), errorMessage: outcome.message },
    )
  } catch (thrown) {
    const errorCode = thrownCode(thrown, 'coordinator')
    return acls.map(() => ({ errorCode, errorMessage: 'The ACL could not be kept.' }))
  }
}
