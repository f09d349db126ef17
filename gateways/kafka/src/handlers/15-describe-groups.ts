import { describeGroups, errorCodes } from '@koine/protocols-kafka'
import type { GroupDescription } from '@koine/services-streams'
import { authorizedOperations, operationsNotAsked } from '../answers/authorized-operations.ts'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const versionWithNotFound = 6

/** Groups of the classic protocol. One of the consumer protocol is as good as none here. */
export default handler(describeGroups, { versions: [0, 6] }, async (request, call) => {
  const groups = []
  // Once each: what is told of one may be long.
  for (const groupId of new Set(request.groups)) {
    groups.push(await describe(groupId, { ...call, tellsOperations: request.includeAuthorizedOperations }))
  }
  return { groups }
})

async function describe(groupId: string, call: Call & { readonly tellsOperations: boolean }) {
  const { streams, scope, access, version, tellsOperations } = call
  if (!access.may('describe', 'group', groupId)) return refused(groupId, errorCodes.GROUP_AUTHORIZATION_FAILED)
  try {
    const group = await streams.groups.describe(scope, groupId)
    const operations = tellsOperations ? authorizedOperations(access, 'group', groupId) : operationsNotAsked
    if (group) return { ...described(group), authorizedOperations: operations }
    if (version < versionWithNotFound) return { ...refused(groupId, errorCodes.NONE), authorizedOperations: operations }
    return refused(groupId, errorCodes.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  } catch (thrown) {
    return refused(groupId, thrownCode(thrown, 'coordinator'))
  }
}

/** A group that isn't there is dead. */
const refused = (groupId: string, errorCode: number, errorMessage: string | null = null) => ({
  errorCode,
  errorMessage,
  groupId,
  groupState: errorCode === errorCodes.NONE || errorCode === errorCodes.GROUP_ID_NOT_FOUND ? 'Dead' : '',
  protocolType: '',
  protocolData: '',
  members: [],
})

const described = (group: GroupDescription) => ({
  errorCode: errorCodes.NONE,
  errorMessage: null,
  groupId: group.groupId,
  groupState: group.state,
  protocolType: group.protocolType,
  protocolData: group.protocolName,
  members: group.members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: member.metadata,
    memberAssignment: member.assignment,
  })),
})
