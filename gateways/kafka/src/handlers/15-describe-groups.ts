import { describeGroups, errorCodes } from '@koine/protocols-kafka'
import type { GroupDescription } from '@koine/services-streams'
import { handler } from '../handler.ts'

export default handler(describeGroups, { versions: [0, 5] }, async ({ groups }, { streams, scope }) => ({
  groups: await Promise.all(
    groups.map(async (groupId) => described(groupId, await streams.groups.describe(scope, groupId))),
  ),
}))

/** A group that isn't there is described as dead. */
const described = (groupId: string, group: GroupDescription | undefined) => ({
  errorCode: errorCodes.NONE,
  groupId,
  groupState: group?.state ?? 'Dead',
  protocolType: group?.protocolType ?? '',
  protocolData: group?.protocolName ?? '',
  members: (group?.members ?? []).map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: member.metadata,
    memberAssignment: member.assignment,
  })),
})
