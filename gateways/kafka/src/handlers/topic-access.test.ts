import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, seededRandomness, silentLogger, systemClock, tenantIds } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import { type Access, type Operation, Streams } from '@koine/services-streams'
import { scopeTo } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { Call } from '../handler.ts'
import { noTopicId } from '../answers/topic-partitions.ts'
import { handlers } from './index.ts'

/** What a principal may: `operation type name`, the name `*` for any. */
type Allowed = readonly string[]

const accessOf = (allowed: Allowed): Access => ({
  principal: 'User:ada',
  may: (operation, type, name) =>
    allowed.includes(`${operation} ${type} ${name}`) || allowed.includes(`${operation} ${type} *`),
  mayAnywhere: (operation: Operation, type) => allowed.some((each) => each.startsWith(`${operation} ${type} `)),
})

/** Calls handlers as a principal who may only so much, in a cluster with the topics `mine` and `hidden`. */
async function clusterFor(allowed: Allowed) {
  const common = { clock: systemClock, randomness: seededRandomness(1), logger: silentLogger, metrics: new Metrics() }
  const stores = memoryStores(common)
  const scope = scopeTo(stores, tenantIds.make(common))
  const streams = new Streams(common)
  const ids = new Map<string, string>()
  for (const name of ['mine', 'hidden']) {
    const made = await streams.createTopic(scope, { name })
    if (made.ok) ids.set(name, made.topic.id)
  }
  const charges = streams.throttling.charges(await streams.throttling.of(scope))
  const call = { scope, streams, charges, access: accessOf(allowed), broker: { nodeId: 1, host: 'h', port: 1 } }
  const ask = async (key: number, version: number, body: object): Promise<unknown> => {
    const found = handlers.find(({ api }) => api.key === key)!
    return found.handle(body, { ...call, version, autoCreateTopics: true } as unknown as Call)
  }
  return { ask, scope, ids, [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose]() }
}

/** The error codes anywhere in an answer, in their order. */
function codesIn(answer: unknown): number[] {
  const codes: number[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, each] of Object.entries(value)) {
      if (name === 'errorCode') codes.push(each as number)
      else walk(each)
    }
  }
  walk(answer)
  return codes
}

const { TOPIC_AUTHORIZATION_FAILED: topic, CLUSTER_AUTHORIZATION_FAILED: cluster, NONE: none } = errorCodes
const group = errorCodes.GROUP_AUTHORIZATION_FAILED
const named = (name: string) => ({ name, topicId: noTopicId })
const newTopic = { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
const resource = (resourceType: number, resourceName: string) => ({
  resourceType,
  resourceName,
  configs: [],
  configurationKeys: null,
})
const partitionsOf = (name: string) => ({
  name,
  topic: name,
  partitions: [{ partitionIndex: 0, partition: 0, offset: 0, currentLeaderEpoch: 0, leaderEpoch: 0 }],
})

const cases: readonly [
  what: string,
  key: number,
  version: number,
  body: object,
  allowed: Allowed,
  codes: readonly number[],
][] = [
  ['metadata of a hidden topic', 3, 12, { topics: [named('hidden')] }, ['describe topic mine'], [topic]],
  ['metadata of an absent topic', 3, 12, { topics: [named('none')] }, [], [topic]],
  [
    'making a topic by asking for it',
    3,
    12,
    { topics: [named('new')], allowAutoTopicCreation: true },
    ['describe topic *'],
    [topic],
  ],
  ['creating a topic', 19, 7, { topics: [newTopic] }, ['create topic other'], [topic]],
  ['creating a topic of that name', 19, 7, { topics: [newTopic] }, ['create topic new'], [none]],
  ['creating any topic', 19, 7, { topics: [newTopic] }, ['create cluster kafka-cluster'], [none]],
  ['deleting a hidden topic', 20, 6, { topics: [named('hidden')] }, ['delete topic mine'], [topic]],
  ['deleting a topic', 20, 6, { topics: [named('mine')] }, ['describe topic mine'], [topic]],
  [
    'deleting one’s own topic',
    20,
    6,
    { topics: [named('mine')] },
    ['describe topic mine', 'delete topic mine'],
    [none],
  ],
  [
    'deleting an absent topic',
    20,
    6,
    { topics: [named('none')] },
    ['describe topic *'],
    [errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
  ],
  ['deleting records', 21, 2, { topics: [partitionsOf('mine')] }, ['describe topic mine', 'write topic mine'], [topic]],
  ['the end of an epoch', 23, 4, { topics: [partitionsOf('hidden')] }, ['describe topic mine'], [topic]],
  [
    'settings',
    32,
    4,
    { resources: [resource(2, 'hidden'), resource(4, '1'), resource(32, 'g')] },
    [],
    [topic, cluster, group],
  ],
  [
    'altering settings',
    33,
    2,
    { resources: [resource(2, 'hidden'), resource(4, '1'), resource(32, 'g')] },
    ['describe-configs topic *'],
    [topic, cluster, group],
  ],
  [
    'altering settings one by one',
    44,
    1,
    { resources: [resource(2, 'mine'), resource(2, 'hidden')] },
    ['alter-configs topic mine'],
    [none, topic],
  ],
  ['log directories', 35, 4, { topics: null }, ['describe topic *'], [cluster]],
  [
    'adding partitions',
    37,
    3,
    { topics: [{ name: 'mine', count: 2, assignments: null }] },
    ['create topic mine'],
    [topic],
  ],
  ['quotas', 48, 1, { components: [], strict: false }, [], [cluster]],
  ['altering quotas', 49, 1, { entries: [{ entity: [], ops: [] }] }, ['describe-configs cluster *'], [cluster]],
]

for (const [what, key, version, body, allowed, codes] of cases) {
  test(`${what} with ${allowed.join(', ') || 'nothing allowed'} is answered ${codes.join(' ')}`, async () => {
    await using it = await clusterFor(allowed)
    assert.deepEqual(codesIn(await it.ask(key, version, body)), codes)
  })
}

test('of all topics only those that may be seen are told', async () => {
  await using it = await clusterFor(['describe topic mine'])
  const told = (await it.ask(3, 12, { topics: null })) as { topics: { name: string }[] }
  assert.deepEqual(
    told.topics.map(({ name }) => name),
    ['mine'],
  )
  const paged = { topics: [], responsePartitionLimit: 10, cursor: null }
  const described = (await it.ask(75, 0, paged)) as { topics: { name: string }[] }
  assert.deepEqual(
    described.topics.map(({ name }) => name),
    ['mine'],
  )
})

test('a topic that may not be seen is asked for by its id in vain, and its name isn’t told', async () => {
  await using it = await clusterFor(['describe topic mine'])
  const topics = [{ name: null, topicId: it.ids.get('hidden') }]
  const told = (await it.ask(3, 12, { topics })) as { topics: { name: string | null; errorCode: number }[] }
  assert.deepEqual(
    told.topics.map(({ name, errorCode }) => [name, errorCode]),
    [[null, topic]],
  )
})

test('settings of a topic that one made and may not see are kept back', async () => {
  await using it = await clusterFor(['create topic new'])
  const made = (await it.ask(19, 7, { topics: [newTopic] })) as {
    topics: { topicConfigErrorCode: number; numPartitions?: number; configs: unknown[] }[]
  }
  assert.equal(made.topics[0]!.topicConfigErrorCode, topic)
  assert.deepEqual([made.topics[0]!.numPartitions, made.topics[0]!.configs], [undefined, []])
})

test('what may be done is told by its bits, and of the cluster nothing to whom may not describe it', async () => {
  await using it = await clusterFor(['describe topic mine', 'read topic mine', 'create cluster kafka-cluster'])
  const told = (await it.ask(3, 12, { topics: null, includeTopicAuthorizedOperations: true })) as {
    topics: { topicAuthorizedOperations: number }[]
  }
  assert.equal(told.topics[0]!.topicAuthorizedOperations, (1 << 8) | (1 << 3))
  const asked = { endpointType: 1, includeClusterAuthorizedOperations: true }
  const described = (await it.ask(60, 2, asked)) as { clusterAuthorizedOperations: number }
  assert.equal(described.clusterAuthorizedOperations, 0)
})
