import { consumerGroupHeartbeat, errorCodes } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'

const versionWithOwnIds = 1

/** The one request of the consumer protocol's members: to join, to go on, and to leave (KIP-848). */
export default handler(consumerGroupHeartbeat, { versions: [0, 1] }, async (request, call) => {
  const { streams, scope, access, version, clientId, clientHost } = call
  const { groupId, memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames } = request
  if (!access.may('read', 'group', groupId))
    return refusal(errorCodes.GROUP_AUTHORIZATION_FAILED, 'Not allowed to read.')
  const mayDescribe = (topic: string): boolean => access.may('describe', 'topic', topic)
  const hidden = subscribedTopicNames?.find((topic) => !mayDescribe(topic))
  if (hidden !== undefined) {
    return refusal(errorCodes.TOPIC_AUTHORIZATION_FAILED, 'A topic subscribed to may not be described.')
  }
  try {
    const outcome = await streams.groups.consumerHeartbeat(scope, {
      groupId,
      memberId,
      memberEpoch,
      instanceId,
      rackId,
      rebalanceTimeoutMs,
      topicNames: subscribedTopicNames,
      pattern: request.subscribedTopicRegex,
      assignor: request.serverAssignor,
      owned: request.topicPartitions,
      bringsId: version >= versionWithOwnIds,
      clientId,
      clientHost,
      mayDescribe,
    })
    if (!outcome.ok) return refusal(codeOf(outcome.reason), outcome.message)
    return {
      errorCode: errorCodes.NONE,
      errorMessage: null,
      memberId: outcome.memberId,
      memberEpoch: outcome.memberEpoch,
      heartbeatIntervalMs: outcome.heartbeatIntervalMs,
      assignment: outcome.assignment && { topicPartitions: outcome.assignment },
    }
  } catch (thrown) {
    return refusal(thrownCode(thrown, 'coordinator'), 'The group is not available at present.')
  }
})

const refusal = (errorCode: number, errorMessage: string) => ({
  errorCode,
  errorMessage,
  memberId: null,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  assignment: null,
})
