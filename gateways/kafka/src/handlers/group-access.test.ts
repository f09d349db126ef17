import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, seededRandomness, silentLogger, systemClock, tenantIds } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import { type Access, Streams } from '@koine/services-streams'
import { scopeTo } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { Call } from '../handler.ts'
import { handlers } from './index.ts'

/** What a principal may: `operation type name`. */
type Allowed = readonly string[]

const accessOf = (allowed: Allowed): Access => ({
  principal: 'User:ada',
  may: (operation, type, name) => allowed.includes(`${operation} ${type} ${name}`),
  mayAnywhere: () => false,
})

/** A cluster with the topics `mine` and `hidden`, of each of which the groups `mine` and `hidden` have committed an offset. */
async function clusterFor(allowed: Allowed) {
  const common = { clock: systemClock, randomness: seededRandomness(1), logger: silentLogger, metrics: new Metrics() }
  const scope = scopeTo(memoryStores(common), tenantIds.make(common))
  const streams = new Streams(common)
  for (const topic of ['mine', 'hidden']) await streams.createTopic(scope, { name: topic })
  for (const groupId of ['mine', 'hidden']) {
    const offsets = ['mine', 'hidden'].map((topic) => ({ topic, partition: 0, offset: 1 }))
    await streams.groups.commit(scope, { groupId, memberId: '', instanceId: null, generation: -1 }, offsets)
  }
  const broker = { nodeId: 1, host: 'h', port: 1 }
  const call = { scope, streams, access: accessOf(allowed), broker, clientId: 'c', clientHost: '/127.0.0.1' }
  const ask = async (key: number, version: number, body: object): Promise<unknown> => {
    const found = handlers.find(({ api }) => api.key === key)!
    const { signal } = new AbortController()
    return found.handle(body, { ...call, version, signal } as unknown as Call)
  }
  return { ask, [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose]() }
}

/** The error codes anywhere in an answer, in their order. */
function codesIn(answer: unknown): number[] {
  if (typeof answer !== 'object' || answer === null) return []
  return Object.entries(answer).flatMap(([name, each]) => (name === 'errorCode' ? [each as number] : codesIn(each)))
}

const inOrder = (codes: readonly number[]): number[] => codes.toSorted((a, b) => a - b)

const { NONE: none, GROUP_AUTHORIZATION_FAILED: group, TOPIC_AUTHORIZATION_FAILED: topic } = errorCodes
const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED: transaction, GROUP_ID_NOT_FOUND: notFound } = errorCodes

const offset = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null }
const commit = (groupId: string) => ({
  groupId,
  memberId: '',
  groupInstanceId: null,
  generationIdOrMemberEpoch: -1,
  topics: ['mine', 'hidden'].map((name) => ({ name, partitions: [offset] })),
})
const wanted = ['mine', 'hidden'].map((name) => ({ name, partitionIndexes: [0] }))
const fetch = (groupId: string, topics: typeof wanted | null) => ({
  requireStable: false,
  groups: [{ groupId, memberId: null, memberEpoch: -1, topics }],
})
const member = { groupId: 'mine', memberId: 'm', groupInstanceId: null, generationId: 1 }
const join = {
  ...member,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [],
}
const consumer = {
  ...member,
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 1_000,
  subscribedTopicNames: ['hidden'],
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: [],
}
const deleted = {
  groupId: 'mine',
  topics: ['mine', 'hidden'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
}
const both = { groups: ['mine', 'hidden'], includeAuthorizedOperations: true }

const cases: readonly [
  what: string,
  key: number,
  version: number,
  body: object,
  allowed: Allowed,
  codes: readonly number[],
][] = [
  ['a commit to a hidden group', 8, 9, commit('hidden'), ['read topic mine'], [group, group]],
  ['a commit to a topic of two', 8, 9, commit('mine'), ['read group mine', 'read topic mine'], [none, topic]],
  ['offsets of a hidden group', 9, 9, fetch('hidden', wanted), [], [group]],
  [
    'offsets of a hidden group, in the first version',
    9,
    1,
    { groupId: 'hidden', topics: wanted },
    [],
    [group, group, group],
  ],
  [
    'offsets of two topics',
    9,
    9,
    fetch('mine', wanted),
    ['describe group mine', 'describe topic mine'],
    [none, topic, none],
  ],
  ['all offsets', 9, 9, fetch('mine', null), ['describe group mine', 'describe topic mine'], [none, none]],
  ['the coordinator of a group', 10, 3, { key: 'hidden', keyType: 0 }, [], [group]],
  ['the coordinator of transactions', 10, 3, { key: 'hidden', keyType: 1 }, [], [transaction]],
  [
    'the coordinator of shares',
    10,
    6,
    { coordinatorKeys: ['g:t:0'], keyType: 2 },
    [],
    [errorCodes.CLUSTER_AUTHORIZATION_FAILED],
  ],
  ['joining', 11, 9, join, ['describe group mine'], [group]],
  ['a heartbeat', 12, 4, member, ['describe group mine'], [group]],
  ['leaving', 13, 5, { ...member, members: [member] }, [], [group]],
  ['syncing', 14, 5, { ...member, assignments: [] }, [], [group]],
  ['descriptions', 15, 6, both, ['describe group mine'], [none, group]],
  ['a list', 16, 5, { statesFilter: [], typesFilter: [] }, ['describe group mine'], [none]],
  ['deletions', 42, 2, { groupsNames: ['mine', 'hidden'] }, ['delete group mine'], [none, group]],
  ['deleted offsets of a hidden group', 47, 0, deleted, ['delete group hidden'], [group]],
  ['deleted offsets of two topics', 47, 0, deleted, ['delete group mine', 'read topic mine'], [none, none, topic]],
  ['a consumer’s heartbeat', 68, 1, consumer, ['describe topic hidden'], [group]],
  ['a consumer’s subscription', 68, 1, consumer, ['read group mine'], [topic]],
  [
    'descriptions of consumer groups',
    69,
    1,
    { ...both, groupIds: both.groups },
    ['describe group mine'],
    [notFound, group],
  ],
]

for (const [what, key, version, body, allowed, codes] of cases) {
  test(`${what} is answered as far as the principal may`, async () => {
    await using cluster = await clusterFor(allowed)
    assert.deepEqual(inOrder(codesIn(await cluster.ask(key, version, body))), inOrder(codes))
  })
}

test('groups that may not be described aren’t listed, unless the whole cluster may be', async () => {
  const list = async (allowed: Allowed): Promise<string[]> => {
    await using cluster = await clusterFor(allowed)
    const { groups } = (await cluster.ask(16, 5, { statesFilter: [], typesFilter: [] })) as {
      groups: { groupId: string }[]
    }
    return groups.map(({ groupId }) => groupId)
  }
  assert.deepEqual(await list(['describe group mine']), ['mine'])
  assert.deepEqual(await list(['describe cluster kafka-cluster']), ['hidden', 'mine'])
})

test('a description tells what may be done with the group, when it is asked to', async () => {
  await using cluster = await clusterFor(['describe group mine', 'read group mine'])
  const ask = async (includeAuthorizedOperations: boolean) => {
    const body = { groups: ['mine'], includeAuthorizedOperations }
    const { groups } = (await cluster.ask(15, 6, body)) as { groups: { authorizedOperations: number }[] }
    return groups[0]!.authorizedOperations
  }
  assert.equal(await ask(true), (1 << 3) | (1 << 8))
  assert.equal(await ask(false), -2_147_483_648)
})

test('all offsets are those of topics that may be described', async () => {
  await using cluster = await clusterFor(['describe group mine', 'describe topic mine'])
  const { groups } = (await cluster.ask(9, 9, fetch('mine', null))) as { groups: { topics: { name: string }[] }[] }
  assert.deepEqual(
    groups[0]!.topics.map(({ name }) => name),
    ['mine'],
  )
})
