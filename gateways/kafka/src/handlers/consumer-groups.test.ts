import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  createTopics,
  describeGroups,
  errorCodes,
  joinGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
} from '@koine/protocols-kafka'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

async function signedIn() {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  await client.call(createTopics, 5, {
    topics: [{ name: 'orders', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }],
  })
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, [Symbol.asyncDispose]: dispose }
}

const member = { groupId: 'g', memberId: 'm' }
const joining = {
  ...member,
  memberEpoch: 0,
  rebalanceTimeoutMs: 10_000,
  subscribedTopicNames: ['orders'],
  topicPartitions: [],
}

test('a consumer joins, is described, commits and leaves', async () => {
  await using it = await signedIn()
  const joined = await it.client.call(consumerGroupHeartbeat, 1, joining)
  assert.equal(joined.errorCode, errorCodes.NONE)
  assert.equal(joined.heartbeatIntervalMs, 5_000)
  assert.deepEqual(joined.assignment?.topicPartitions[0]?.partitions, [0, 1, 2])
  const again = await it.client.call(consumerGroupHeartbeat, 1, { ...member, memberEpoch: joined.memberEpoch })
  assert.equal(again.assignment, null)

  const { groups } = await it.client.call(consumerGroupDescribe, 1, {
    groupIds: ['g', 'absent'],
    includeAuthorizedOperations: false,
  })
  const [group, absent] = groups
  assert.equal(group!.groupState, 'Stable')
  assert.equal(group!.members[0]!.assignment.topicPartitions[0]!.topicName, 'orders')
  assert.equal(group!.members[0]!.memberType, 1)
  assert.equal(absent!.errorCode, errorCodes.GROUP_ID_NOT_FOUND)
  const listed = await it.client.call(listGroups, 5, { typesFilter: ['Consumer'], statesFilter: ['stable'] })
  assert.deepEqual(
    listed.groups.map(({ groupId, groupType }) => [groupId, groupType]),
    [['g', 'consumer']],
  )
  const commit = async (version: number, epoch: number): Promise<number> => {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
    const body = {
      groupId: 'g',
      memberId: 'm',
      generationIdOrMemberEpoch: epoch,
      topics: [{ name: 'orders', partitions }],
    }
    return (await it.client.call(offsetCommit, version, body)).topics[0]!.partitions[0]!.errorCode
  }
  assert.equal(await commit(9, joined.memberEpoch), errorCodes.NONE)
  assert.equal(await commit(9, joined.memberEpoch + 1), errorCodes.STALE_MEMBER_EPOCH)
  assert.equal(await commit(8, joined.memberEpoch), errorCodes.UNSUPPORTED_VERSION)
  const fetched = await it.client.call(offsetFetch, 9, {
    groups: [{ groupId: 'g', memberId: 'm', memberEpoch: 7, topics: null }],
  })
  assert.equal(fetched.groups[0]!.errorCode, errorCodes.STALE_MEMBER_EPOCH)
  const left = await it.client.call(consumerGroupHeartbeat, 1, { ...member, memberEpoch: -1 })
  assert.deepEqual([left.errorCode, left.memberEpoch], [errorCodes.NONE, -1])
})

test('a group of the consumer protocol isn’t one of the classic', async () => {
  await using it = await signedIn()
  await it.client.call(consumerGroupHeartbeat, 1, joining)
  const describe = async (version: number) =>
    (await it.client.call(describeGroups, version, { groups: ['g'] })).groups[0]!
  const five = await describe(5)
  assert.deepEqual([five.errorCode, five.groupState], [errorCodes.NONE, 'Dead'])
  assert.equal((await describe(6)).errorCode, errorCodes.GROUP_ID_NOT_FOUND)
  const join = { groupId: 'g', sessionTimeoutMs: 10_000, protocolType: 'consumer', memberId: '' }
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const refused = await it.client.call(joinGroup, 5, { ...join, rebalanceTimeoutMs: 10_000, protocols })
  assert.equal(refused.errorCode, errorCodes.INCONSISTENT_GROUP_PROTOCOL)
})

test('a regular expression finds topics, and one that isn’t is refused', async () => {
  await using it = await signedIn()
  const ask = (subscribedTopicRegex: string) =>
    it.client.call(consumerGroupHeartbeat, 1, { ...joining, subscribedTopicNames: null, subscribedTopicRegex })
  assert.equal((await ask('(')).errorCode, errorCodes.INVALID_REGULAR_EXPRESSION)
  const found = await ask('ord.*')
  assert.deepEqual(found.assignment?.topicPartitions[0]?.partitions, [0, 1, 2])
})

test('offsets are deleted one by one, but not those that members read on from', async () => {
  await using it = await signedIn()
  const remove = async (): Promise<number[]> => {
    const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }]
    const answer = await it.client.call(offsetDelete, 0, { groupId: 'g', topics: [{ name: 'orders', partitions }] })
    return [answer.errorCode, ...answer.topics.flatMap((topic) => topic.partitions.map(({ errorCode }) => errorCode))]
  }
  assert.deepEqual(await remove(), [errorCodes.GROUP_ID_NOT_FOUND])
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await it.client.call(offsetCommit, 8, { groupId: 'g', topics: [{ name: 'orders', partitions }] })
  assert.deepEqual(await remove(), [0, 0, errorCodes.UNKNOWN_TOPIC_OR_PARTITION])
  await it.client.call(consumerGroupHeartbeat, 1, joining)
  assert.deepEqual(await remove(), [0, errorCodes.GROUP_SUBSCRIBED_TO_TOPIC, errorCodes.UNKNOWN_TOPIC_OR_PARTITION])
})
