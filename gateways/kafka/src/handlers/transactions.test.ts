import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  createTopics,
  describeTransactions,
  endTxn,
  errorCodes,
  initProducerId,
  listTransactions,
  offsetFetch,
  txnOffsetCommit,
} from '@koine/protocols-kafka'
import type { Access } from '@koine/services-streams'
import { scopeTo } from '@koine/stores-ports'
import type { Call, Handler, TenantHandler } from '../handler.ts'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'
import initProducerIdHandler from './22-init-producer-id.ts'
import addPartitionsHandler from './24-add-partitions-to-txn.ts'
import addOffsetsHandler from './25-add-offsets-to-txn.ts'
import endTxnHandler from './26-end-txn.ts'
import txnOffsetCommitHandler from './28-txn-offset-commit.ts'
import describeTransactionsHandler from './65-describe-transactions.ts'
import listTransactionsHandler from './66-list-transactions.ts'

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Speaks for the producers of one transactional id. */
class Producers {
  readonly #client: WireClient

  constructor(client: WireClient) {
    this.#client = client
  }

  init(fields: Partial<Identity & { transactionalId: string; transactionTimeoutMs: number }> = {}, version = 5) {
    const request = { transactionalId: 'tx', transactionTimeoutMs: 60_000, ...fields }
    return this.#client.call(initProducerId, version, request)
  }

  /** @returns the code of each partition */
  async add(identity: Identity, topics: { name: string; partitions: number[] }[], version = 3): Promise<number[]> {
    const { resultsByTopicV3AndBelow } = await this.#client.call(addPartitionsToTxn, version, {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: topics,
    })
    return resultsByTopicV3AndBelow.flatMap((topic) => topic.resultsByPartition.map((each) => each.partitionErrorCode))
  }

  async addGroup({ producerId, producerEpoch }: Identity, groupId: string, version = 4): Promise<number> {
    const request = { transactionalId: 'tx', producerId, producerEpoch, groupId }
    return (await this.#client.call(addOffsetsToTxn, version, request)).errorCode
  }

  /** @returns the code of each offset */
  async give({ producerId, producerEpoch }: Identity, offsets: Offsets, version = 4): Promise<number[]> {
    const answer = await this.#client.call(txnOffsetCommit, version, {
      ...{ transactionalId: 'tx', groupId: 'g', producerId, producerEpoch, memberId: '', groupInstanceId: null },
      topics: offsets.map(({ name, partitionIndex, committedOffset }) => ({
        name,
        partitions: [{ partitionIndex, committedOffset, committedMetadata: null }],
      })),
    })
    return answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  }

  async end({ producerId, producerEpoch }: Identity, committed: boolean, version = 4): Promise<number> {
    const request = { transactionalId: 'tx', producerId, producerEpoch, committed }
    return (await this.#client.call(endTxn, version, request)).errorCode
  }
}

type Offsets = readonly { readonly name: string; readonly partitionIndex: number; readonly committedOffset: number }[]

async function signedIn() {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  const topic = { name: 'log', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  await client.call(createTopics, 5, { topics: [topic] })
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, producers: new Producers(client), [Symbol.asyncDispose]: dispose }
}

const { NONE, PRODUCER_FENCED, INVALID_PRODUCER_EPOCH } = errorCodes

test('a transaction carries offsets to their group', async () => {
  await using it = await signedIn()
  const producer = await it.producers.init()
  assert.equal(await it.producers.addGroup(producer, 'g'), NONE)
  const offsets = [
    { name: 'log', partitionIndex: 0, committedOffset: 3 },
    { name: 'absent', partitionIndex: 0, committedOffset: 3 },
  ]
  assert.deepEqual(await it.producers.give(producer, offsets), [NONE, errorCodes.UNKNOWN_TOPIC_OR_PARTITION])
  const committed = async () => {
    const { topics } = await it.client.call(offsetFetch, 7, { groupId: 'g', topics: null })
    return topics.flatMap(({ partitions }) => partitions.map(({ committedOffset }) => committedOffset))
  }
  assert.deepEqual(await committed(), [])
  assert.equal(await it.producers.end(producer, true), NONE)
  assert.deepEqual(await committed(), [3])
})

test('partitions are added all together, or none', async () => {
  await using it = await signedIn()
  const producer = await it.producers.init()
  const topics = [
    { name: 'log', partitions: [0, 2] },
    { name: 'koine.messages', partitions: [0] },
  ]
  assert.deepEqual(await it.producers.add(producer, topics), [
    errorCodes.OPERATION_NOT_ATTEMPTED,
    errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    errorCodes.TOPIC_AUTHORIZATION_FAILED,
  ])
  assert.equal(await it.producers.end(producer, true), errorCodes.INVALID_TXN_STATE)
  assert.deepEqual(await it.producers.add(producer, [{ name: 'log', partitions: [0, 1] }]), [NONE, NONE])
})

test('a producer that is fenced hears so in the words that its version knows', async () => {
  await using it = await signedIn()
  const zombie = await it.producers.init()
  const producer = await it.producers.init(zombie)
  assert.equal(producer.producerEpoch, 1)
  await it.producers.init()
  const codes = async (newest: number, oldest: number, ask: (version: number) => Promise<number>) =>
    assert.deepEqual([await ask(newest), await ask(oldest)], [PRODUCER_FENCED, INVALID_PRODUCER_EPOCH])
  await codes(5, 3, async (version) => (await it.producers.init(zombie, version)).errorCode)
  await codes(
    2,
    1,
    async (version) => (await it.producers.add(zombie, [{ name: 'log', partitions: [0] }], version))[0]!,
  )
  await codes(2, 1, (version) => it.producers.addGroup(zombie, 'g', version))
  await codes(2, 1, (version) => it.producers.end(zombie, true, version))
  const offsets = [{ name: 'log', partitionIndex: 0, committedOffset: 3 }]
  assert.deepEqual(await it.producers.give(zombie, offsets), [INVALID_PRODUCER_EPOCH])
})

test('requests that no transaction fits are refused by their codes', async () => {
  await using it = await signedIn()
  const { producers } = it
  const code = async (fields: Parameters<Producers['init']>[0]) => (await producers.init(fields)).errorCode
  assert.equal(await code({ transactionalId: '' }), errorCodes.INVALID_REQUEST)
  assert.equal(await code({ transactionTimeoutMs: 900_001 }), errorCodes.INVALID_TRANSACTION_TIMEOUT)
  assert.equal(await code({ producerId: 5 }), errorCodes.INVALID_REQUEST)
  const producer = await producers.init()
  const stranger = { ...producer, producerId: producer.producerId + 1 }
  assert.equal(await producers.end(stranger, true), errorCodes.INVALID_PRODUCER_ID_MAPPING)
  assert.equal(await producers.addGroup(producer, ''), errorCodes.INVALID_GROUP_ID)
  const offsets = [{ name: 'log', partitionIndex: 0, committedOffset: 3 }]
  assert.deepEqual(await producers.give(producer, offsets, 4), [errorCodes.TRANSACTION_ABORTABLE])
  assert.deepEqual(await producers.give(producer, offsets, 3), [errorCodes.INVALID_TXN_STATE])
})

test('transactions are listed and described; those that are not are not found', async () => {
  await using it = await signedIn()
  const producer = await it.producers.init()
  await it.producers.add(producer, [{ name: 'log', partitions: [1] }])
  const list = (fields: object) =>
    it.client.call(listTransactions, 2, {
      ...{ stateFilters: [], producerIdFilters: [], transactionalIdPattern: null },
      ...fields,
    })
  const { transactionStates } = await list({ stateFilters: ['Ongoing'], transactionalIdPattern: 't.' })
  assert.deepEqual(transactionStates, [
    { transactionalId: 'tx', producerId: producer.producerId, transactionState: 'Ongoing' },
  ])
  assert.deepEqual((await list({ stateFilters: ['Odd'] })).unknownStateFilters, ['Odd'])
  assert.equal((await list({ transactionalIdPattern: '(' })).errorCode, errorCodes.INVALID_REGULAR_EXPRESSION)
  const described = await it.client.call(describeTransactions, 0, { transactionalIds: ['tx', 'absent', ''] })
  const [held, absent, empty] = described.transactionStates
  assert.equal(held!.transactionState, 'Ongoing')
  assert.equal(held!.transactionTimeoutMs, 60_000)
  assert.deepEqual(held!.topics, [{ topic: 'log', partitions: [1] }])
  assert.equal(absent!.errorCode, errorCodes.TRANSACTIONAL_ID_NOT_FOUND)
  assert.equal(empty!.errorCode, errorCodes.INVALID_REQUEST)
})

test('another tenant’s transactions don’t exist', async () => {
  await using it = await signedIn()
  const producer = await it.producers.init()
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  const described = await other.call(describeTransactions, 0, { transactionalIds: ['tx'] })
  assert.equal(described.transactionStates[0]!.errorCode, errorCodes.TRANSACTIONAL_ID_NOT_FOUND)
  assert.equal(await new Producers(other).end(producer, true), errorCodes.INVALID_PRODUCER_ID_MAPPING)
  assert.equal((await new Producers(other).init()).producerEpoch, 0)
  assert.deepEqual(await it.producers.add(producer, [{ name: 'log', partitions: [0] }]), [NONE])
})

const identity = { transactionalId: 'tx', producerId: 0, producerEpoch: 0 }
const adding = {
  v3AndBelowTransactionalId: 'tx',
  v3AndBelowProducerId: 0,
  v3AndBelowProducerEpoch: 0,
  v3AndBelowTopics: [{ name: 'log', partitions: [0] }],
}
const giving = {
  ...{ ...identity, groupId: 'g', generationId: -1, memberId: '', groupInstanceId: null },
  topics: [{ name: 'log', partitions: [{ partitionIndex: 0, committedOffset: 3 }] }],
}
const idCode = errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
const groupCode = errorCodes.GROUP_AUTHORIZATION_FAILED
const topicCode = errorCodes.TOPIC_AUTHORIZATION_FAILED
const init = { transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }

/** Operations and resources that are allowed, what is asked, and the code that the answer has then. */
const denials: readonly [allowed: readonly string[], handler: Handler, request: object, errorCode: number][] = [
  [[], initProducerIdHandler, { ...init, transactionalId: 'tx' }, idCode],
  [['write transactional-id'], initProducerIdHandler, { ...init, transactionalId: 'tx' }, NONE],
  [[], initProducerIdHandler, { ...init, transactionalId: null }, errorCodes.CLUSTER_AUTHORIZATION_FAILED],
  [['write topic'], initProducerIdHandler, { ...init, transactionalId: null }, NONE],
  [['idempotent-write cluster'], initProducerIdHandler, { ...init, transactionalId: null }, NONE],
  [['write topic'], addPartitionsHandler, adding, idCode],
  [['write transactional-id'], addPartitionsHandler, adding, topicCode],
  [['read group'], addOffsetsHandler, { ...identity, groupId: 'g' }, idCode],
  [['write transactional-id'], addOffsetsHandler, { ...identity, groupId: 'g' }, groupCode],
  [[], endTxnHandler, { ...identity, committed: true }, idCode],
  [['read group', 'read topic'], txnOffsetCommitHandler, giving, idCode],
  [['write transactional-id', 'read topic'], txnOffsetCommitHandler, giving, groupCode],
  [['write transactional-id', 'read group'], txnOffsetCommitHandler, giving, topicCode],
  [[], describeTransactionsHandler, { transactionalIds: ['tx'] }, idCode],
]

for (const [allowed, handler, request, errorCode] of denials) {
  test(`${handler.api.name} with no right but ${allowed.join(', ') || 'none'} is answered with ${errorCode}`, async () => {
    await using it = await signedIn()
    const answer = await ask(it.server, { allowed, handler, request })
    assert.match(JSON.stringify(answer), new RegExp(`rrorCode":${errorCode}\\b`))
  })
}

test('transactions that may not be described are left out of the list, and their topics of the description', async () => {
  await using it = await signedIn()
  const producer = await it.producers.init()
  await it.producers.add(producer, [{ name: 'log', partitions: [1] }])
  const request = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null }
  const hidden = await ask(it.server, { allowed: [], handler: listTransactionsHandler, request })
  assert.deepEqual(hidden, { errorCode: NONE, unknownStateFilters: [], transactionStates: [] })
  const allowed = ['describe transactional-id']
  const handler = describeTransactionsHandler
  const described = await ask(it.server, { allowed, handler, request: { transactionalIds: ['tx'] } })
  assert.match(JSON.stringify(described), /"transactionState":"Ongoing".*"topics":\[\]/)
})

interface Asked {
  readonly allowed: readonly string[]
  readonly handler: Handler
  readonly request: object
}

function ask(
  { streams, stores, acme }: Awaited<ReturnType<typeof gatewayFixture>>,
  { allowed, handler, request }: Asked,
) {
  const access: Access = {
    principal: 'User:somebody',
    may: (operation, type) => allowed.includes(`${operation} ${type}`),
    mayAnywhere: (operation, type) => allowed.includes(`${operation} ${type}`),
  }
  const call = { version: 4, streams, scope: scopeTo(stores, acme.tenantId), access } as unknown as Call
  return (handler as TenantHandler).handle(request, call)
}
