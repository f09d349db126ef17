import { errorCodes, joinGroup } from '@koine/protocols-kafka'
import type { JoinOutcome } from '@koine/services-streams'
import { codeOf } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'
import { unlessAborted } from '../answers/unless-aborted.ts'

const versionWithRequiredId = 4
const versionWithNullProtocol = 7
const versionWithSkippedAssignment = 9

export default handler(joinGroup, { versions: [0, 9] }, async (request, call) => {
  const { streams, scope, access, version, clientId, clientHost } = call
  const noProtocol = version >= versionWithNullProtocol ? null : ''
  const refusal = (errorCode: number, memberId = request.memberId) => ({
    errorCode,
    protocolName: noProtocol,
    leader: '',
    memberId,
    members: [],
  })
  if (!access.may('read', 'group', request.groupId)) return refusal(errorCodes.GROUP_AUTHORIZATION_FAILED)
  const joining = streams.groups.join(scope, {
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols,
    requiresKnownId: version >= versionWithRequiredId,
    canSkipAssignment: version >= versionWithSkippedAssignment,
  })
  const outcome = await unlessAborted(joining, call.signal)
  if (!outcome) return refusal(errorCodes.COORDINATOR_NOT_AVAILABLE)
  if (outcome.ok) return joined(outcome)
  return refusal(codeOf(outcome.reason), 'memberId' in outcome ? outcome.memberId : undefined)
})

const joined = (outcome: JoinOutcome & { readonly ok: true }) => ({
  errorCode: errorCodes.NONE,
  generationId: outcome.generation,
  protocolType: outcome.protocolType,
  protocolName: outcome.protocolName,
  leader: outcome.leaderId,
  skipAssignment: outcome.skipAssignment,
  memberId: outcome.memberId,
  members: outcome.members.map(({ memberId, instanceId, metadata }) => ({
    memberId,
    groupInstanceId: instanceId,
    metadata,
  })),
})
