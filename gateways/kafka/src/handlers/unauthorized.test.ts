import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addPartitionsToTxn,
  createAcls,
  errorCodes,
  initProducerId,
  metadata,
  offsetCommit,
  produce,
} from '@koine/protocols-kafka'
import { partitionKey } from '@koine/stores-ports'
import { batchOf, type GatewayFixture, gatewayFixture } from '../testing/gateway-fixture.ts'
import { makeUser } from '../testing/make-user.ts'
import { WireClient } from '../testing/wire-client.ts'
import { handlers } from './index.ts'

const topicDenied = errorCodes.TOPIC_AUTHORIZATION_FAILED
const groupDenied = errorCodes.GROUP_AUTHORIZATION_FAILED
const clusterDenied = errorCodes.CLUSTER_AUTHORIZATION_FAILED
const transactionDenied = errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED

interface Asked {
  /** Would be done, or told, for an admin. Fields that a version doesn't have are left out of it. */
  readonly body: (ids: { readonly topicId: string; readonly producerId: number }) => object
  /** The error codes of the answer, each once; none where nothing is told without one. */
  readonly denied: readonly number[]
  /** The version from which on the answer has a place for an error. */
  readonly deniedSince?: number
  /** What the answer must not have: a list of that name with anything in it. */
  readonly empty?: readonly string[]
}

const member = { groupId: 'group', memberId: 'm', groupInstanceId: null, generationId: 1 }
const inTransaction = { transactionalId: 'payments', producerEpoch: 0 }
const setting = { name: 'retention.ms', value: '1', configOperation: 0 }
const rule = { principal: 'User:mallory', host: '*', operation: 2, permissionType: 3 }
const anyRule = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const salted = { iterations: 4096, salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32) }

const table: { readonly [api: string]: Asked } = {
  Produce: {
    body: () => ({
      transactionalId: null,
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batchOf('x') }] }],
    }),
    denied: [topicDenied],
  },
  Fetch: {
    body: ({ topicId }) => ({
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic: 'orders', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
    }),
    denied: [topicDenied],
    empty: ['records'],
  },
  ListOffsets: {
    body: () => ({ topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] }),
    denied: [topicDenied],
  },
  Metadata: { body: () => ({ topics: null }), denied: [], empty: ['topics'] },
  OffsetCommit: {
    body: () => ({
      ...member,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 99, committedMetadata: '' }] }],
    }),
    denied: [groupDenied],
  },
  OffsetFetch: {
    body: () => {
      const topics = [{ name: 'orders', partitionIndexes: [0] }]
      return { groupId: 'group', topics, groups: [{ groupId: 'group', topics }] }
    },
    denied: [groupDenied],
  },
  FindCoordinator: { body: () => ({ key: 'group', keyType: 0, coordinatorKeys: ['group'] }), denied: [groupDenied] },
  JoinGroup: {
    body: () => ({
      ...member,
      memberId: '',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    }),
    denied: [groupDenied],
    empty: ['members'],
  },
  Heartbeat: { body: () => member, denied: [groupDenied] },
  LeaveGroup: { body: () => ({ ...member, members: [member] }), denied: [groupDenied] },
  SyncGroup: { body: () => ({ ...member, assignments: [] }), denied: [groupDenied] },
  DescribeGroups: { body: () => ({ groups: ['group'] }), denied: [groupDenied], empty: ['members'] },
  ListGroups: { body: () => ({ statesFilter: [], typesFilter: [] }), denied: [], empty: ['groups'] },
  CreateTopics: {
    body: () => ({
      topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1_000,
    }),
    denied: [topicDenied],
  },
  DeleteTopics: {
    body: ({ topicId }) => ({ topicNames: ['orders'], topics: [{ name: null, topicId }], timeoutMs: 1_000 }),
    denied: [topicDenied],
  },
  DeleteRecords: {
    body: () => ({ topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: -1 }] }], timeoutMs: 1_000 }),
    denied: [topicDenied],
  },
  InitProducerId: {
    body: () => ({ transactionalId: 'payments', transactionTimeoutMs: 10_000 }),
    denied: [transactionDenied],
  },
  OffsetForLeaderEpoch: {
    body: () => ({ topics: [{ topic: 'orders', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
    denied: [topicDenied],
  },
  AddPartitionsToTxn: {
    body: ({ producerId }) => ({
      v3AndBelowTransactionalId: 'payments',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
    }),
    denied: [transactionDenied],
  },
  AddOffsetsToTxn: {
    body: ({ producerId }) => ({ ...inTransaction, producerId, groupId: 'group' }),
    denied: [transactionDenied],
  },
  EndTxn: {
    body: ({ producerId }) => ({ ...inTransaction, producerId, committed: true }),
    denied: [transactionDenied],
  },
  TxnOffsetCommit: {
    body: ({ producerId }) => ({
      ...inTransaction,
      producerId,
      groupId: 'group',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 99, committedMetadata: '' }] }],
    }),
    denied: [transactionDenied],
  },
  DescribeAcls: { body: () => anyRule, denied: [clusterDenied], empty: ['resources'] },
  CreateAcls: {
    body: () => ({ creations: [{ resourceType: 2, resourceName: '*', resourcePatternType: 3, ...rule }] }),
    denied: [clusterDenied],
  },
  DeleteAcls: { body: () => ({ filters: [anyRule] }), denied: [clusterDenied], empty: ['matchingAcls'] },
  DescribeConfigs: {
    body: () => ({
      resources: [2, 4, 32].map((resourceType) => ({
        resourceType,
        resourceName: resourceType === 2 ? 'orders' : resourceType === 4 ? '1' : 'group',
        configurationKeys: null,
      })),
    }),
    denied: [topicDenied, groupDenied, clusterDenied],
    empty: ['configs'],
  },
  AlterConfigs: {
    body: () => ({
      resources: [{ resourceType: 2, resourceName: 'orders', configs: [setting] }],
      validateOnly: false,
    }),
    denied: [topicDenied],
  },
  IncrementalAlterConfigs: {
    body: () => ({
      resources: [
        { resourceType: 2, resourceName: 'orders', configs: [setting] },
        { resourceType: 32, resourceName: 'group', configs: [setting] },
        { resourceType: 4, resourceName: '1', configs: [setting] },
      ],
      validateOnly: false,
    }),
    denied: [topicDenied, groupDenied, clusterDenied],
  },
  DescribeLogDirs: { body: () => ({ topics: null }), denied: [clusterDenied], deniedSince: 3, empty: ['results'] },
  CreatePartitions: {
    body: () => ({ topics: [{ name: 'orders', count: 5, assignments: null }], timeoutMs: 1_000, validateOnly: false }),
    denied: [topicDenied],
  },
  DeleteGroups: { body: () => ({ groupsNames: ['group'] }), denied: [groupDenied] },
  OffsetDelete: {
    body: () => ({ groupId: 'group', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] }),
    denied: [groupDenied],
  },
  DescribeClientQuotas: {
    body: () => ({ components: [], strict: false }),
    denied: [clusterDenied],
    empty: ['entries'],
  },
  AlterClientQuotas: {
    body: () => ({
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'alice' }],
          ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
        },
      ],
      validateOnly: false,
    }),
    denied: [clusterDenied],
  },
  DescribeUserScramCredentials: { body: () => ({ users: null }), denied: [clusterDenied], empty: ['results'] },
  AlterUserScramCredentials: {
    body: () => ({
      deletions: [{ name: 'alice', mechanism: 1 }],
      upsertions: [{ name: 'mallory', mechanism: 1, ...salted }],
    }),
    denied: [clusterDenied],
  },
  // Whoever has signed in may see the brokers, as in Kafka.
  DescribeCluster: { body: () => ({ endpointType: 1 }), denied: [] },
  DescribeProducers: {
    body: () => ({ topics: [{ name: 'orders', partitionIndexes: [0] }] }),
    denied: [topicDenied],
    empty: ['activeProducers'],
  },
  DescribeTransactions: {
    body: () => ({ transactionalIds: ['payments'] }),
    denied: [transactionDenied],
    empty: ['topics'],
  },
  ListTransactions: {
    body: () => ({ stateFilters: [], producerIdFilters: [] }),
    denied: [],
    empty: ['transactionStates'],
  },
  ConsumerGroupHeartbeat: {
    body: () => ({
      groupId: 'group',
      memberId: 'AAAAAAAAAAAAAAAAAAAAAA',
      memberEpoch: 0,
      rebalanceTimeoutMs: 10_000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    }),
    denied: [groupDenied],
  },
  ConsumerGroupDescribe: { body: () => ({ groupIds: ['group'] }), denied: [groupDenied], empty: ['members'] },
  DescribeTopicPartitions: { body: () => ({ topics: [], cursor: null }), denied: [], empty: ['topics'] },
}

const tenantHandlers = handlers.filter(({ isOpen }) => !isOpen)

/** A cluster that has one of everything. @returns what the admin knows of it */
async function populated(server: GatewayFixture) {
  using admin = await WireClient.signIn(server.port, server.acme)
  const { topics } = await admin.call(metadata, 12, { topics: [{ name: 'orders' }] })
  const partition = { index: 0, records: batchOf('a', 'b') }
  await admin.call(produce, 9, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: 'orders', partitionData: [partition] }],
  })
  const commit = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' }
  const ofGroup = { groupId: 'group', generationIdOrMemberEpoch: -1, memberId: '' }
  await admin.call(offsetCommit, 8, { ...ofGroup, topics: [{ name: 'orders', partitions: [commit] }] })
  const orders = { resourceType: 2, resourceName: 'orders', resourcePatternType: 3, ...rule }
  await admin.call(createAcls, 3, { creations: [orders] })
  await makeUser(admin, { name: 'alice', password: 'pass' })
  const asked = { transactionalId: 'payments', transactionTimeoutMs: 60_000 }
  const { producerId } = await admin.call(initProducerId, 4, asked)
  await admin.call(addPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: 'payments',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  })
  return { topicId: topics[0]!.topicId, producerId }
}

/** All that the requests of the table are about, as the services know it. */
async function stateOf({ streams, tenancy, acme }: GatewayFixture): Promise<unknown> {
  const scope = await tenancy.scope(acme.tenantId)
  const topics = await streams.topics(scope)
  const partitions = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  )
  const bounds = partitions.map(async (at) => [partitionKey(at), await scope.log.bounds(at)])
  return {
    topics,
    settings: await Promise.all(topics.map(({ name }) => streams.topicSettings(scope, name))),
    bounds: await Promise.all(bounds),
    groups: await streams.groups.list(scope),
    offsets: await scope.log.committedOffsets('group'),
    acls: await streams.access.matching(scope, {}),
    users: await streams.users.all(scope),
    quotas: await streams.quotas.describe(scope, { parts: [], strict: false }),
    groupSettings: await streams.groupSettings.told(scope, 'group'),
    transaction: await streams.transactions.describe(scope, 'payments'),
  }
}

function findIn(answer: unknown, isWanted: (name: string) => boolean): unknown[] {
  if (typeof answer !== 'object' || answer === null || ArrayBuffer.isView(answer)) return []
  return Object.entries(answer).flatMap(([name, value]) =>
    isWanted(name) ? [value] : findIn(value as unknown, isWanted),
  )
}

test('the table has every API that is for tenants, and no other', () => {
  assert.deepEqual(Object.keys(table).sort(), tenantHandlers.map(({ api }) => api.name).sort())
})

test('a principal that no ACL speaks of is told nothing by any API, in any version, and changes nothing', async () => {
  await using server = await gatewayFixture()
  const ids = await populated(server)
  const before = await stateOf(server)
  const key = await server.tenancy.createApiKey(server.acme.tenantId, { scopes: ['nothing'] })
  using client = await WireClient.signIn(server.port, key)
  for (const { api, versions } of tenantHandlers) {
    const { body, denied, deniedSince = 0, empty = [] } = table[api.name]!
    for (let version = versions.min; version <= versions.max; version++) {
      const what = `${api.name} version ${version}`
      // Batches of an older format are refused before anything is asked.
      if (api.name === 'Produce' && version < 3) continue
      const answer = await client.call(api, version, body(ids))
      const codes = findIn(answer, (name) => /errorCode$/i.test(name)).filter((code) => code !== errorCodes.NONE)
      assert.deepEqual(new Set(codes), new Set(version < deniedSince ? [] : denied), what)
      for (const list of findIn(answer, (name) => empty.includes(name))) {
        assert.equal((list as { length: number } | null)?.length ?? 0, 0, what)
      }
    }
  }
  assert.deepEqual(await stateOf(server), before)
})

test('an admin is refused nothing by what the table asks to be told', async () => {
  await using server = await gatewayFixture()
  const ids = await populated(server)
  using admin = await WireClient.signIn(server.port, server.acme)
  const refusals = new Set<number>([topicDenied, groupDenied, clusterDenied, transactionDenied])
  for (const { api, versions } of tenantHandlers) {
    if (/^(Delete|OffsetDelete|End|Init|JoinGroup)/.test(api.name)) continue
    const answer = await admin.call(api, versions.max, table[api.name]!.body(ids))
    const codes = findIn(answer, (name) => /errorCode$/i.test(name))
    assert.ok(!codes.some((code) => refusals.has(code as number)), `${api.name}: ${codes.join(' ')}`)
  }
})
