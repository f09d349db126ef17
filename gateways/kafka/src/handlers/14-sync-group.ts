import { errorCodes, syncGroup } from '@koine/protocols-kafka'
import { codeOf } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'
import { unlessAborted } from '../answers/unless-aborted.ts'

const nothing = new Uint8Array(0)
const refusal = (errorCode: number) => ({ errorCode, assignment: nothing })

export default handler(syncGroup, { versions: [0, 5] }, async (request, { streams, scope, access, signal }) => {
  if (!access.may('read', 'group', request.groupId)) return refusal(errorCodes.GROUP_AUTHORIZATION_FAILED)
  const syncing = streams.groups.sync(scope, {
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationId,
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignments: new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment])),
  })
  const outcome = await unlessAborted(syncing, signal)
  if (!outcome) return refusal(errorCodes.COORDINATOR_NOT_AVAILABLE)
  if (!outcome.ok) return refusal(codeOf(outcome.reason))
  const { protocolType, protocolName, assignment } = outcome
  return { errorCode: errorCodes.NONE, protocolType, protocolName, assignment }
})
