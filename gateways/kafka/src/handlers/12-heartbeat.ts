import { errorCodes, heartbeat } from '@koine/protocols-kafka'
import { codeOf } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'

export default handler(heartbeat, { versions: [0, 4] }, async (request, { streams, scope, access }) => {
  const { groupId, memberId, groupInstanceId: instanceId, generationId: generation } = request
  if (!access.may('read', 'group', groupId)) return { errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED }
  const outcome = streams.groups.heartbeat(scope, { groupId, memberId, instanceId, generation })
  return { errorCode: outcome.ok ? errorCodes.NONE : codeOf(outcome.reason) }
})
