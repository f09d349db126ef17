import { consumerGroupDescribe, errorCodes } from '@koine/protocols-kafka'
import type { Access, ConsumerGroupDescription } from '@koine/services-streams'
import { authorizedOperations, operationsNotAsked } from '../answers/authorized-operations.ts'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const memberOfConsumerProtocol = 1

export default handler(consumerGroupDescribe, { versions: [0, 1] }, async (request, call) => {
  const groups = []
  // Once each: what is told of one may be long.
  for (const groupId of new Set(request.groupIds)) {
    groups.push(await describe(groupId, { ...call, tellsOperations: request.includeAuthorizedOperations }))
  }
  return { groups }
})

async function describe(groupId: string, call: Call & { readonly tellsOperations: boolean }) {
  const { streams, scope, access, tellsOperations } = call
  if (!access.may('describe', 'group', groupId)) return refused(groupId, errorCodes.GROUP_AUTHORIZATION_FAILED)
  try {
    const group = await streams.groups.describeConsumerGroup(scope, groupId)
    if (!group) {
      return refused(groupId, errorCodes.GROUP_ID_NOT_FOUND, `There is no group ${groupId} of the consumer protocol.`)
    }
    if (!mayTell(group, access)) {
      const message = 'The group reads topics that may not be described.'
      return refused(groupId, errorCodes.TOPIC_AUTHORIZATION_FAILED, message)
    }
    const operations = tellsOperations ? authorizedOperations(access, 'group', groupId) : operationsNotAsked
    return { ...described(group), authorizedOperations: operations }
  } catch (thrown) {
    return refused(groupId, thrownCode(thrown, 'coordinator'))
  }
}

const refused = (groupId: string, errorCode: number, errorMessage: string | null = null) => ({
  errorCode,
  errorMessage,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
})

const mayTell = ({ members }: ConsumerGroupDescription, access: Access): boolean => {
  const topics = members.flatMap(({ topicNames, assignment, target }) => [
    ...topicNames,
    ...[...assignment, ...target].map(({ topicName }) => topicName),
  ])
  return [...new Set(topics)].every((topic) => access.may('describe', 'topic', topic))
}

const described = (group: ConsumerGroupDescription) => ({
  errorCode: errorCodes.NONE,
  errorMessage: null,
  groupId: group.groupId,
  groupState: group.state,
  groupEpoch: group.epoch,
  assignmentEpoch: group.assignmentEpoch,
  assignorName: group.assignor,
  members: group.members.map((member) => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.pattern,
    assignment: { topicPartitions: member.assignment },
    targetAssignment: { topicPartitions: member.target },
    memberType: memberOfConsumerProtocol,
  })),
})
