import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createTopics,
  deleteGroups,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  errorCodes,
  fetch,
  findCoordinator,
  initProducerId,
  listGroups,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  produce,
} from '@koine/protocols-kafka'
import { scopeTo } from '@koine/stores-ports'
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

async function signedIn(options: Parameters<typeof gatewayFixture>[0] = {}) {
  const server = await gatewayFixture(options)
  const client = await WireClient.signIn(server.port, server.acme)
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, [Symbol.asyncDispose]: dispose }
}

const topicOf = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})
const noTopicId = '0'.repeat(32)

const creations: readonly [what: string, topic: ReturnType<typeof topicOf>, errorCode: number][] = [
  ['is made', topicOf('fine'), errorCodes.NONE],
  ['with defaults is made', topicOf('plain', { numPartitions: -1, replicationFactor: -1 }), errorCodes.NONE],
  [
    'placed on this broker is made',
    topicOf('placed', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    }),
    errorCodes.NONE,
  ],
  [
    'placed elsewhere is refused',
    topicOf('placed', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [2] }],
    }),
    errorCodes.INVALID_REPLICA_ASSIGNMENT,
  ],
  ['with three replicas is refused', topicOf('safe', { replicationFactor: 3 }), errorCodes.INVALID_REPLICATION_FACTOR],
  ['without partitions is refused', topicOf('none', { numPartitions: 0 }), errorCodes.INVALID_PARTITIONS],
  ['with a bad name is refused', topicOf('a/b'), errorCodes.INVALID_TOPIC_EXCEPTION],
  ['of the platform is refused', topicOf('koine.messages'), errorCodes.TOPIC_AUTHORIZATION_FAILED],
  [
    'with an unknown setting is refused',
    topicOf('odd', { configs: [{ name: 'x', value: '1' }] }),
    errorCodes.INVALID_CONFIG,
  ],
]

for (const [what, topic, errorCode] of creations) {
  test(`a topic ${what}`, async () => {
    await using it = await signedIn()
    const { topics } = await it.client.call(createTopics, 7, { topics: [topic] })
    assert.equal(topics[0]!.errorCode, errorCode)
    assert.equal(topics[0]!.topicId !== noTopicId, errorCode === errorCodes.NONE)
    assert.equal(
      (await it.server.streams.topics(scopeTo(it.server.stores, it.server.acme.tenantId))).length,
      errorCode ? 0 : 1,
    )
  })
}

test('a topic named twice in a request is not made', async () => {
  await using it = await signedIn()
  const { topics } = await it.client.call(createTopics, 5, { topics: [topicOf('twin'), topicOf('twin')] })
  assert.deepEqual(
    topics.map(({ errorCode }) => errorCode),
    [errorCodes.INVALID_REQUEST],
  )
})

test('metadata makes a topic for a client that wants it so, but no topic of the platform', async () => {
  await using it = await signedIn()
  const ask = async (name: string, allowAutoTopicCreation: boolean): Promise<number> => {
    const { topics } = await it.client.call(metadata, 12, { topics: [{ name }], allowAutoTopicCreation })
    return topics[0]!.errorCode
  }
  assert.equal(await ask('wanted', false), errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(await ask('wanted', true), errorCodes.NONE)
  assert.equal(await ask('koine.messages', true), errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(await ask('a/b', true), errorCodes.INVALID_TOPIC_EXCEPTION)
})

test('metadata makes a hundred topics at a time', async () => {
  await using it = await signedIn()
  const topics = Array.from({ length: 150 }, (_, i) => ({ name: `t${i}` }))
  const missing = async (): Promise<number> => {
    const answer = await it.client.call(metadata, 12, { topics })
    return answer.topics.filter(({ errorCode }) => errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION).length
  }
  assert.equal(await missing(), 50)
  assert.equal(await missing(), 0)
})

test('metadata makes no topic where that is switched off', async () => {
  await using it = await signedIn({ autoCreateTopics: false })
  const { topics } = await it.client.call(metadata, 4, { topics: [{ name: 'wanted' }] })
  assert.equal(topics[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})

test('metadata names all topics for null, and in version 0 for an empty list', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, { topics: [topicOf('a'), topicOf('b')] })
  const names = async (version: number, topics: [] | null) =>
    (await it.client.call(metadata, version, { topics })).topics.map(({ name }) => name)
  assert.deepEqual(await names(0, []), ['a', 'b'])
  assert.deepEqual(await names(1, null), ['a', 'b'])
  assert.deepEqual(await names(1, []), [])
})

test('metadata advertises the address that was reached, or the one that is configured', async () => {
  const brokerOf = async (options: Parameters<typeof gatewayFixture>[0]) => {
    await using it = await signedIn(options)
    const { brokers } = await it.client.call(metadata, 12, { topics: [] })
    return { ...brokers[0]!, reached: it.server.port }
  }
  const plain = await brokerOf({})
  assert.deepEqual([plain.host, plain.port], ['127.0.0.1', plain.reached])
  const told = await brokerOf({ advertisedHost: 'kafka.example', advertisedPort: 19_092 })
  assert.deepEqual([told.host, told.port], ['kafka.example', 19_092])
})

test('topics are fetched and deleted by their ids, and an id that is gone is unknown', async () => {
  await using it = await signedIn()
  const { topics } = await it.client.call(createTopics, 7, { topics: [topicOf('by-id')] })
  const { topicId } = topics[0]!
  const fetchById = async (topicId: string): Promise<number> => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }]
    const body = { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions }] }
    const { responses } = await it.client.call(fetch, 16, body)
    return responses[0]!.partitions[0]!.errorCode
  }
  assert.equal(await fetchById(topicId), errorCodes.NONE)
  const removed = await it.client.call(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs: 1_000 })
  assert.equal(removed.responses[0]!.name, 'by-id')
  assert.equal(await fetchById(topicId), errorCodes.UNKNOWN_TOPIC_ID)
  const again = await it.client.call(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs: 1_000 })
  assert.equal(again.responses[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_ID)
})

test('a fetch session that we never gave is not found', async () => {
  await using it = await signedIn()
  const { errorCode } = await it.client.call(fetch, 11, {
    maxWaitMs: 0,
    minBytes: 1,
    sessionId: 9,
    sessionEpoch: 1,
    topics: [],
  })
  assert.equal(errorCode, errorCodes.FETCH_SESSION_ID_NOT_FOUND)
})

const refusedProduces: readonly [what: string, version: number, acks: number, errorCode: number][] = [
  ['of a version with the old batch format', 2, 1, errorCodes.UNSUPPORTED_VERSION],
  ['with acks 2', 8, 2, errorCodes.INVALID_REQUIRED_ACKS],
]

for (const [what, version, acks, errorCode] of refusedProduces) {
  test(`a produce request ${what} is refused`, async () => {
    await using it = await signedIn()
    await it.client.call(createTopics, 5, { topics: [topicOf('log')] })
    const topicData = [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x') }] }]
    const { responses } = await it.client.call(produce, version, { acks, timeoutMs: 1, topicData })
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, errorCode)
  })
}

test('offsets are listed by their special times', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, { topics: [topicOf('log')] })
  const topicData = [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x', 'y') }] }]
  await it.client.call(produce, 9, { acks: 1, timeoutMs: 1, topicData })
  const ask = async (timestamp: number) => {
    const topics = [{ name: 'log', partitions: [{ partitionIndex: 0, timestamp }] }]
    const answer = await it.client.call(listOffsets, 8, { replicaId: -1, topics })
    const { errorCode, offset } = answer.topics[0]!.partitions[0]!
    return errorCode || offset
  }
  const cases = [
    [-1, 2],
    [-2, 0],
    [-4, 0],
    [5_000, -1],
    [-99, errorCodes.UNSUPPORTED_VERSION],
  ] as const
  for (const [timestamp, expected] of cases) assert.equal(await ask(timestamp), expected)
})

test('committed offsets are fetched for one group and for several', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, { topics: [topicOf('log')] })
  const partitions = [
    { partitionIndex: 0, committedOffset: 3, committedMetadata: 'note' },
    { partitionIndex: 7, committedOffset: 3, committedMetadata: null },
  ]
  const committed = await it.client.call(offsetCommit, 8, { groupId: 'g', topics: [{ name: 'log', partitions }] })
  assert.deepEqual(
    committed.topics[0]!.partitions.map(({ errorCode }) => errorCode),
    [errorCodes.NONE, errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
  )
  const one = await it.client.call(offsetFetch, 7, { groupId: 'g', topics: null })
  assert.deepEqual(
    one.topics[0]!.partitions.map((each) => [each.committedOffset, each.metadata]),
    [[3, 'note']],
  )
  const wanted = [{ name: 'log', partitionIndexes: [0, 1] }]
  const groups = [
    { groupId: 'g', topics: wanted },
    { groupId: 'other', topics: null },
  ]
  const several = await it.client.call(offsetFetch, 9, { groups })
  const offsets = several.groups.map(({ topics }) => topics.flatMap((t) => t.partitions.map((p) => p.committedOffset)))
  assert.deepEqual(offsets, [[3, -1], []])
})

test('this node coordinates every group, asked for one or for several', async () => {
  await using it = await signedIn()
  const one = await it.client.call(findCoordinator, 2, { key: 'g' })
  const several = await it.client.call(findCoordinator, 4, { coordinatorKeys: ['a', 'b'] })
  assert.equal(one.nodeId, 1)
  assert.deepEqual(
    several.coordinators.map(({ key, nodeId }) => [key, nodeId]),
    [
      ['a', 1],
      ['b', 1],
    ],
  )
  const odd = await it.client.call(findCoordinator, 6, { coordinatorKeys: ['a'], keyType: 9 })
  assert.equal(odd.coordinators[0]!.errorCode, errorCodes.INVALID_REQUEST)
})

test('idempotent producers get ids of their own', async () => {
  await using it = await signedIn()
  const ask = () => it.client.call(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1_000 })
  const [first, second] = [await ask(), await ask()]
  assert.notEqual(first.producerId, second.producerId)
})

test('groups are listed and described; one that isn’t there is dead', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, { topics: [topicOf('log')] })
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await it.client.call(offsetCommit, 2, { groupId: 'g', topics: [{ name: 'log', partitions }] })
  const listed = await it.client.call(listGroups, 5, {})
  assert.deepEqual(
    listed.groups.map(({ groupId, groupState }) => [groupId, groupState]),
    [['g', 'Empty']],
  )
  assert.deepEqual((await it.client.call(listGroups, 4, { statesFilter: ['stable'] })).groups, [])
  const described = await it.client.call(describeGroups, 5, { groups: ['g', 'absent'] })
  assert.deepEqual(
    described.groups.map(({ groupState }) => groupState),
    ['Empty', 'Dead'],
  )
})

test('a group without members is deleted, and then isn’t there', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, { topics: [topicOf('log')] })
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await it.client.call(offsetCommit, 2, { groupId: 'g', topics: [{ name: 'log', partitions }] })
  const remove = async () => (await it.client.call(deleteGroups, 2, { groupsNames: ['g'] })).results[0]!.errorCode
  assert.equal(await remove(), errorCodes.NONE)
  assert.equal(await remove(), errorCodes.GROUP_ID_NOT_FOUND)
})

test('a topic’s settings are described: those that were set, and the defaults', async () => {
  await using it = await signedIn()
  await it.client.call(createTopics, 5, {
    topics: [topicOf('log', { configs: [{ name: 'retention.ms', value: '5' }] })],
  })
  const describe = async (resourceName: string, configurationKeys: string[] | null) => {
    const resources = [{ resourceType: 2, resourceName, configurationKeys }]
    return (await it.client.call(describeConfigs, 4, { resources })).results[0]!
  }
  const wanted = await describe('log', ['retention.ms', 'cleanup.policy'])
  assert.deepEqual(
    wanted.configs.map(({ name, value, configSource }) => [name, value, configSource]),
    [
      ['cleanup.policy', 'delete', 5],
      ['retention.ms', '5', 1],
    ],
  )
  assert.ok((await describe('log', null)).configs.length > 20)
  assert.equal((await describe('absent', null)).errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})

test('the cluster is described by the tenant’s id', async () => {
  await using it = await signedIn()
  const cluster = await it.client.call(describeCluster, 1, {})
  assert.equal(cluster.clusterId, it.server.acme.tenantId)
  const controllers = await it.client.call(describeCluster, 1, { endpointType: 2 })
  assert.equal(controllers.errorCode, errorCodes.MISMATCHED_ENDPOINT_TYPE)
})

test('another tenant’s topics, records, offsets and groups don’t exist', async () => {
  await using it = await signedIn()
  const { topics } = await it.client.call(createTopics, 7, { topics: [topicOf('ours')] })
  const offsets = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await it.client.call(offsetCommit, 2, { groupId: 'g', topics: [{ name: 'ours', partitions: offsets }] })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  assert.deepEqual((await other.call(metadata, 12, { topics: null })).topics, [])
  const byId = await other.call(metadata, 12, { topics: [{ name: null, topicId: topics[0]!.topicId }] })
  assert.equal(byId.topics[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_ID)
  assert.deepEqual((await other.call(listGroups, 4, {})).groups, [])
  assert.deepEqual((await other.call(offsetFetch, 7, { groupId: 'g', topics: null })).topics, [])
  const gone = await other.call(deleteTopics, 5, { topicNames: ['ours'], timeoutMs: 1 })
  assert.equal(gone.responses[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})
