import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeLogDirs,
  describeTopicPartitions,
  errorCodes,
  metadata,
  offsetForLeaderEpoch,
  produce,
} from '@koine/protocols-kafka'
import { scopeTo } from '@koine/stores-ports'
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'
import { noTopicId } from '../answers/topic-partitions.ts'

async function signedIn(options: Parameters<typeof gatewayFixture>[0] = {}) {
  const server = await gatewayFixture(options)
  const client = await WireClient.signIn(server.port, server.acme)
  const scope = scopeTo(server.stores, server.acme.tenantId)
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  const create = async (name: string, more: object = {}) => {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
    return (await client.call(createTopics, 7, { topics: [topic] })).topics[0]!
  }
  const write = async (name: string, values: readonly string[]) => {
    for (const value of values) {
      const partitionData = [{ index: 0, records: batchOf(value) }]
      await client.call(produce, 7, { acks: -1, timeoutMs: 1_000, topicData: [{ name, partitionData }] })
    }
  }
  return { server, client, scope, create, write, [Symbol.asyncDispose]: dispose }
}

test('a topic that is made tells its partitions, its replication factor and all its settings', async () => {
  await using it = await signedIn()
  const made = await it.create('t', { numPartitions: 3, configs: [{ name: 'retention.ms', value: '5' }] })
  assert.deepEqual([made.numPartitions, made.replicationFactor, made.topicConfigErrorCode], [3, 1, 0])
  const config = (name: string) => made.configs!.find((each) => each.name === name)
  assert.deepEqual([config('retention.ms')?.value, config('retention.ms')?.configSource], ['5', 1])
  assert.deepEqual([config('cleanup.policy')?.value, config('cleanup.policy')?.configSource], ['delete', 5])
})

const badTopics: readonly [what: string, more: object, errorCode: number][] = [
  [
    'both assignments and a replication factor',
    { numPartitions: -1, assignments: [[0, [1]]] },
    errorCodes.INVALID_REQUEST,
  ],
  ['assignments with a gap', { ...placed([0, [1]], [2, [1]]) }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
  ['a partition assigned twice', { ...placed([0, [1]], [0, [1]]) }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
  ['a partition without replicas', { ...placed([0, []]) }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
  ['no replicas', { replicationFactor: 0 }, errorCodes.INVALID_REPLICATION_FACTOR],
  ['a setting without a value', { configs: [{ name: 'retention.ms', value: null }] }, errorCodes.INVALID_CONFIG],
  [
    'a codec that its batches would not have',
    { configs: [{ name: 'compression.type', value: 'zstd' }] },
    errorCodes.INVALID_CONFIG,
  ],
]

function placed(...assignments: readonly [number, readonly number[]][]) {
  return { numPartitions: -1, replicationFactor: -1, assignments }
}

for (const [what, more, errorCode] of badTopics) {
  test(`a topic is refused for ${what}`, async () => {
    await using it = await signedIn()
    const { assignments = [], ...rest } = more as { assignments?: readonly [number, readonly number[]][] }
    const made = await it.create('t', {
      ...rest,
      assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
    })
    assert.equal(made.errorCode, errorCode)
    assert.equal(await it.scope.log.topic('t'), undefined)
  })
}

test('a name that differs from another by dots and underscores only is refused', async () => {
  await using it = await signedIn()
  assert.equal((await it.create('a.b')).errorCode, errorCodes.NONE)
  assert.equal((await it.create('a_b')).errorCode, errorCodes.INVALID_TOPIC_EXCEPTION)
  assert.equal((await it.create('a.b')).errorCode, errorCodes.TOPIC_ALREADY_EXISTS)
})

test('partitions are added, never taken away, and only told when that is all that is wanted', async () => {
  await using it = await signedIn()
  await it.create('t', { numPartitions: 2 })
  const grow = async (count: number, more: object = {}, validateOnly = false) => {
    const topics = [{ name: 't', count, assignments: null, ...more }]
    return (await it.client.call(createPartitions, 3, { topics, timeoutMs: 1, validateOnly })).results[0]!
  }
  assert.equal((await grow(2)).errorMessage, 'Topic already has 2 partition(s).')
  assert.equal((await grow(1)).errorCode, errorCodes.INVALID_PARTITIONS)
  assert.equal((await grow(3, {}, true)).errorCode, errorCodes.NONE)
  assert.equal((await it.scope.log.topic('t'))?.partitions, 2)
  const misplaced = { assignments: [{ brokerIds: [2] }] }
  assert.equal((await grow(3, misplaced)).errorCode, errorCodes.INVALID_REPLICA_ASSIGNMENT)
  assert.equal((await grow(4, { assignments: [{ brokerIds: [1] }] })).errorCode, errorCodes.INVALID_REPLICA_ASSIGNMENT)
  assert.equal((await grow(3, { assignments: [{ brokerIds: [1] }] })).errorCode, errorCodes.NONE)
  assert.equal((await it.scope.log.topic('t'))?.partitions, 3)
  assert.equal((await grow(4, { name: 'absent' })).errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})

test('records before an offset are deleted, and the answer tells where the log starts then', async () => {
  await using it = await signedIn()
  await it.create('t')
  await it.write('t', ['a', 'b', 'c'])
  const remove = async (offset: number, name = 't') => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
    const answer = await it.client.call(deleteRecords, 2, { topics, timeoutMs: 1_000 })
    const { lowWatermark, errorCode } = answer.topics[0]!.partitions[0]!
    return [lowWatermark, errorCode]
  }
  assert.deepEqual(await remove(2), [2, errorCodes.NONE])
  assert.deepEqual(await remove(1), [2, errorCodes.NONE])
  assert.deepEqual(await remove(4), [-1, errorCodes.OFFSET_OUT_OF_RANGE])
  assert.deepEqual(await remove(-1), [3, errorCodes.NONE])
  assert.deepEqual(await remove(-2), [-1, errorCodes.OFFSET_OUT_OF_RANGE])
  assert.deepEqual(await remove(0, 'absent'), [-1, errorCodes.UNKNOWN_TOPIC_OR_PARTITION])
  await it.create('compacted', { configs: [{ name: 'cleanup.policy', value: 'compact' }] })
  assert.deepEqual(await remove(-1, 'compacted'), [-1, errorCodes.POLICY_VIOLATION])
})

test('a platform topic can be seen, and neither deleted, nor emptied, nor changed', async () => {
  await using it = await signedIn()
  const name = 'koine.messages'
  await it.scope.log.createTopic({ name, partitions: 1 })
  const seen = await it.client.call(metadata, 12, { topics: [{ name }] })
  assert.equal(seen.topics[0]!.errorCode, errorCodes.NONE)
  const refused = errorCodes.TOPIC_AUTHORIZATION_FAILED
  const gone = await it.client.call(deleteTopics, 6, { topics: [{ name, topicId: noTopicId }], timeoutMs: 1 })
  assert.equal(gone.responses[0]!.errorCode, refused)
  const topics = [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }]
  const emptied = await it.client.call(deleteRecords, 2, { topics, timeoutMs: 1 })
  assert.equal(emptied.topics[0]!.partitions[0]!.errorCode, refused)
  const grown = await it.client.call(createPartitions, 3, {
    topics: [{ name, count: 5, assignments: null }],
    timeoutMs: 1,
    validateOnly: false,
  })
  assert.equal(grown.results[0]!.errorCode, refused)
})

test('a topic to delete is named once, by name or by id', async () => {
  await using it = await signedIn()
  const { topicId } = await it.create('t')
  const remove = async (topics: readonly { name: string | null; topicId?: string }[]) => {
    const named = topics.map((topic) => ({ topicId: noTopicId, ...topic }))
    const { responses } = await it.client.call(deleteTopics, 6, { topics: named, timeoutMs: 1 })
    return responses.map(({ errorCode }) => errorCode)
  }
  assert.deepEqual(await remove([{ name: 't' }, { name: 't' }]), [errorCodes.INVALID_REQUEST])
  assert.deepEqual(await remove([{ name: 't', topicId }]), [errorCodes.INVALID_REQUEST])
  assert.deepEqual(await remove([{ name: null }]), [errorCodes.INVALID_REQUEST])
  assert.deepEqual(await remove([{ name: null, topicId }]), [errorCodes.NONE])
  assert.deepEqual(await remove([{ name: null, topicId }]), [errorCodes.UNKNOWN_TOPIC_ID])
})

test('the one epoch of a partition ends where the log does', async () => {
  await using it = await signedIn()
  await it.create('t')
  await it.write('t', ['a', 'b'])
  const ask = async (currentLeaderEpoch: number, leaderEpoch: number, partition = 0) => {
    const topics = [{ topic: 't', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }]
    const answer = (await it.client.call(offsetForLeaderEpoch, 4, { topics })).topics[0]!.partitions[0]!
    return [answer.errorCode, answer.leaderEpoch, answer.endOffset]
  }
  assert.deepEqual(await ask(0, 0), [errorCodes.NONE, 0, 2])
  assert.deepEqual(await ask(-1, 0), [errorCodes.NONE, 0, 2])
  assert.deepEqual(await ask(0, 1), [errorCodes.NONE, -1, -1])
  assert.deepEqual(await ask(1, 0), [errorCodes.UNKNOWN_LEADER_EPOCH, -1, -1])
  assert.deepEqual(await ask(0, 0, 1), [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
})

test('partitions are described page by page', async () => {
  await using it = await signedIn()
  await it.create('a', { numPartitions: 3 })
  await it.create('b', { numPartitions: 2 })
  const pages: string[] = []
  let cursor: { topicName: string; partitionIndex: number } | null = null
  do {
    const body: object = { topics: [], responsePartitionLimit: 2, cursor }
    const page = await it.client.call(describeTopicPartitions, 0, body as never)
    pages.push(
      page.topics.map(({ name, partitions }) => `${name}${partitions.map((p) => p.partitionIndex).join('')}`).join(' '),
    )
    cursor = page.nextCursor
  } while (cursor)
  assert.deepEqual(pages, ['a01', 'a2 b0', 'b1'])
})

test('of topics that are named, those that aren’t there are told as unknown', async () => {
  await using it = await signedIn()
  await it.create('a')
  const { topics } = await it.client.call(describeTopicPartitions, 0, {
    topics: [{ name: 'x' }, { name: 'a' }, { name: 'a/b' }],
  })
  assert.deepEqual(
    topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['a', errorCodes.NONE],
      ['a/b', errorCodes.INVALID_TOPIC_EXCEPTION],
      ['x', errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ],
  )
})

test('the log directory holds the tenant’s partitions with their sizes', async () => {
  await using it = await signedIn()
  await it.create('t', { numPartitions: 2 })
  await it.write('t', ['a'])
  const all = await it.client.call(describeLogDirs, 4, { topics: null })
  assert.equal(all.results.length, 1)
  const sizes = all.results[0]!.topics[0]!.partitions.map(({ partitionSize }) => partitionSize)
  assert.deepEqual(sizes, [batchOf('a').length, 0])
  const none = await it.client.call(describeLogDirs, 4, { topics: [{ topic: 'absent', partitions: [0] }] })
  assert.deepEqual(none.results[0]!.topics, [])
})

test('what may be done is told to whom asks', async () => {
  await using it = await signedIn()
  await it.create('t')
  const everything = 0b1101_1111_1000
  const asked = await it.client.call(metadata, 12, { topics: null, includeTopicAuthorizedOperations: true })
  assert.equal(asked.topics[0]!.topicAuthorizedOperations, everything)
  const unasked = await it.client.call(metadata, 12, { topics: null })
  assert.equal(unasked.topics[0]!.topicAuthorizedOperations, -2_147_483_648)
  const cluster = await it.client.call(describeCluster, 2, { includeClusterAuthorizedOperations: true })
  assert.ok(cluster.clusterAuthorizedOperations > 0)
  assert.equal(cluster.brokers[0]!.isFenced, false)
})

test('topics named by id in a version that can’t are refused', async () => {
  await using it = await signedIn()
  const { topicId } = await it.create('t')
  const { topics } = await it.client.call(metadata, 11, { topics: [{ name: 't', topicId }] })
  assert.equal(topics[0]!.errorCode, errorCodes.INVALID_REQUEST)
})
