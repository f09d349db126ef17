import { errorCodes, leaveGroup } from '@koine/protocols-kafka'
import { codeOrNone } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'

const versionWithMembers = 3

export default handler(leaveGroup, { versions: [0, 5] }, async (request, { streams, scope, access, version }) => {
  const { groupId, memberId } = request
  if (!access.may('read', 'group', groupId)) return { errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED, members: [] }
  if (version < versionWithMembers) {
    const [failure] = streams.groups.leave(scope, groupId, [{ memberId, instanceId: null }])
    return { errorCode: codeOrNone(failure) }
  }
  const leavers = request.members.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }))
  const failures = streams.groups.leave(scope, groupId, leavers)
  return {
    errorCode: errorCodes.NONE,
    members: leavers.map(({ memberId, instanceId }, index) => ({
      memberId,
      groupInstanceId: instanceId,
      errorCode: codeOrNone(failures[index]),
    })),
  }
})
