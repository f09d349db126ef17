import { errorCodes, syncGroup } from '@koine/protocols-kafka'
import { codeOf } from '../failure-codes.ts'
import { handler } from '../handler.ts'
import { unlessAborted } from '../unless-aborted.ts'

const nothing = new Uint8Array(0)

export default handler(syncGroup, { versions: [0, 5] }, async (request, { streams, scope, signal }) => {
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
  if (!outcome) return { errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE, assignment: nothing }
  if (!outcome.ok) return { errorCode: codeOf(outcome.reason), assignment: nothing }
  const { protocolType, protocolName, assignment } = outcome
  return { errorCode: errorCodes.NONE, protocolType, protocolName, assignment }
})
