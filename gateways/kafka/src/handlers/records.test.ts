import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addPartitionsToTxn,
  createTopics,
  describeProducers,
  endTxn,
  errorCodes,
  fetch,
  initProducerId,
  listOffsets,
  produce,
} from '@koine/protocols-kafka'
import { encodeRecordBatch, type NewRecordBatch } from '@koine/protocols-kafka/record-batch'
import { scopeTo } from '@koine/stores-ports'
import type { Call, TenantHandler } from '../handler.ts'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'
import produceHandler from './0-produce.ts'
import listOffsetsHandler from './2-list-offsets.ts'
import describeProducersHandler from './61-describe-producers.ts'

async function signedIn(configs: readonly { name: string; value: string }[] = []) {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  const topic = { name: 'log', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [...configs] }
  await client.call(createTopics, 5, { topics: [topic] })
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, [Symbol.asyncDispose]: dispose }
}

type Client = Awaited<ReturnType<typeof signedIn>>['client']

const batchOf = (value: string, fields: Partial<NewRecordBatch> = {}, timestampMs = 1_000): Uint8Array =>
  encodeRecordBatch({ records: [{ key: null, value: Buffer.from(value), timestampMs }], ...fields })

async function send(
  client: Client,
  records: Uint8Array,
  { version = 11, transactionalId = null as string | null } = {},
) {
  const topicData = [{ name: 'log', partitionData: [{ index: 0, records }] }]
  const { responses } = await client.call(produce, version, { transactionalId, acks: -1, timeoutMs: 1, topicData })
  return responses[0]!.partitionResponses[0]!
}

async function listed(client: Client, timestamp: number, { version = 9, isolationLevel = 0, epoch = -1 } = {}) {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: epoch, timestamp }]
  const answer = await client.call(listOffsets, version, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name: 'log', partitions }],
  })
  return answer.topics[0]!.partitions[0]!
}

/** A producer in its first transaction, with the partition in it. */
async function inTransaction(client: Client) {
  const { producerId, producerEpoch } = await client.call(initProducerId, 4, {
    transactionalId: 'tx',
    transactionTimeoutMs: 60_000,
  })
  const topics = [{ name: 'log', partitions: [0] }]
  const producer = { v3AndBelowTransactionalId: 'tx', v3AndBelowProducerId: producerId }
  const added = await client.call(addPartitionsToTxn, 3, {
    ...producer,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: topics,
  })
  assert.equal(added.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode, errorCodes.NONE)
  return { producerId, producerEpoch }
}

test('a transaction is written, described, hidden from readers of committed records, and ended', async () => {
  await using it = await signedIn()
  const { client } = it
  const producer = await inTransaction(client)
  const batch = batchOf('x', { ...producer, baseSequence: 0, isTransactional: true })
  assert.equal((await send(client, batch, { transactionalId: 'tx' })).errorCode, errorCodes.NONE)
  const stable = async () => (await listed(client, -1, { isolationLevel: 1 })).offset
  assert.deepEqual([await stable(), (await listed(client, -1)).offset], [0, 1])
  const described = await client.call(describeProducers, 0, { topics: [{ name: 'log', partitionIndexes: [0, 7] }] })
  const [here, absent] = described.topics[0]!.partitions
  assert.equal(absent!.errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const { producerId, currentTxnStartOffset, lastSequence } = here!.activeProducers[0]!
  assert.deepEqual([producerId, currentTxnStartOffset, lastSequence], [producer.producerId, 0, 0])
  const ended = await client.call(endTxn, 3, { transactionalId: 'tx', ...producer, committed: false })
  assert.equal(ended.errorCode, errorCodes.NONE)
  const body = {
    maxWaitMs: 5_000,
    minBytes: 1,
    isolationLevel: 1,
    topics: [{ topic: 'log', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
  }
  const { responses } = await client.call(fetch, 11, body)
  const { abortedTransactions, lastStableOffset } = responses[0]!.partitions[0]!
  assert.equal(lastStableOffset, 2)
  assert.deepEqual(abortedTransactions, [{ producerId: producer.producerId, firstOffset: 0 }])
})

for (const [version, errorCode] of [
  [10, errorCodes.INVALID_TXN_STATE],
  [11, errorCodes.TRANSACTION_ABORTABLE],
] as const) {
  test(`in version ${version} a batch of no transaction is refused with ${errorCode}`, async () => {
    await using it = await signedIn()
    const producer = await it.client.call(initProducerId, 4, { transactionalId: 'tx', transactionTimeoutMs: 60_000 })
    const { producerId, producerEpoch } = producer
    const batch = batchOf('x', { producerId, producerEpoch, baseSequence: 0, isTransactional: true })
    assert.equal((await send(it.client, batch, { version, transactionalId: 'tx' })).errorCode, errorCode)
  })
}

test('a transactional batch without a transactional id is refused', async () => {
  await using it = await signedIn()
  const batch = batchOf('x', { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  assert.equal((await send(it.client, batch)).errorCode, errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
})

test('a topic with the log’s own times tells them to producers, in versions that can say so', async () => {
  await using it = await signedIn([{ name: 'message.timestamp.type', value: 'LogAppendTime' }])
  const { errorCode, logAppendTimeMs } = await send(it.client, batchOf('x'))
  assert.equal(errorCode, errorCodes.NONE)
  assert.ok(logAppendTimeMs > 1_000)
  assert.equal((await listed(it.client, -3)).timestamp, logAppendTimeMs)
})

test('records that a topic doesn’t take are named', async () => {
  await using it = await signedIn([{ name: 'cleanup.policy', value: 'compact' }])
  const { errorCode, recordErrors, errorMessage } = await send(it.client, batchOf('x'))
  assert.equal(errorCode, errorCodes.INVALID_RECORD)
  assert.deepEqual(recordErrors, [{ batchIndex: 0, batchIndexErrorMessage: errorMessage }])
})

test('a record from too far ahead is refused', async () => {
  await using it = await signedIn()
  const { errorCode } = await send(it.client, batchOf('x', {}, Date.now() + 7_200_000))
  assert.equal(errorCode, errorCodes.INVALID_TIMESTAMP)
})

const special: readonly [timestamp: number, since: number, offset: number][] = [
  [-1, 1, 2],
  [-2, 1, 0],
  [-3, 7, 1],
  [-4, 8, 0],
  [-5, 9, -1],
]
for (const [timestamp, since, offset] of special) {
  test(`the time ${timestamp} stands for offset ${offset}, from version ${since} on`, async () => {
    await using it = await signedIn()
    await send(it.client, batchOf('x', {}, 500))
    await send(it.client, batchOf('y', {}, 600))
    const found = await listed(it.client, timestamp, { version: since })
    assert.deepEqual([found.errorCode, found.offset], [errorCodes.NONE, offset])
    if (since === 1) return
    const early = await listed(it.client, timestamp, { version: since - 1 })
    assert.equal(early.errorCode, errorCodes.UNSUPPORTED_VERSION)
  })
}

test('an offset is not listed for a leader epoch that isn’t known yet', async () => {
  await using it = await signedIn()
  assert.equal((await listed(it.client, -1, { epoch: 0 })).errorCode, errorCodes.NONE)
  assert.equal((await listed(it.client, -1, { epoch: 1 })).errorCode, errorCodes.UNKNOWN_LEADER_EPOCH)
})

const mayNothing = { principal: 'User:nobody', may: () => false, mayAnywhere: () => false }

const denied = [
  [
    'produces',
    produceHandler,
    {
      transactionalId: null,
      acks: 1,
      timeoutMs: 1,
      topicData: [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x') }] }],
    },
  ],
  [
    'lists offsets',
    listOffsetsHandler,
    {
      isolationLevel: 0,
      topics: [{ name: 'log', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
    },
  ],
  ['describes producers', describeProducersHandler, { topics: [{ name: 'log', partitionIndexes: [0] }] }],
] as const

for (const [what, handler, request] of denied) {
  test(`whoever ${what} without being allowed to is told no more than that`, async () => {
    await using it = await signedIn()
    const { streams, stores, acme } = it.server
    const scope = scopeTo(stores, acme.tenantId)
    const charges = streams.throttling.charges(await streams.throttling.of(scope))
    const call = { version: 9, streams, scope, access: mayNothing, charges, requestBytes: 100 } as unknown as Call
    const answer = JSON.stringify(await (handler as TenantHandler).handle(request, call))
    assert.match(answer, new RegExp(`"errorCode":${errorCodes.TOPIC_AUTHORIZATION_FAILED}\\b`))
    assert.equal((await listed(it.client, -1)).offset, 0)
  })
}
