import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  alterClientQuotas,
  consumerGroupHeartbeat,
  createAcls,
  createTopics,
  describeGroups,
  errorCodes,
  initProducerId,
  joinGroup,
  offsetCommit,
  produce,
  syncGroup,
} from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { handlers } from './handlers/index.ts'
import { decodeAnswer, errorCodesIn, exchange, inTime, requestOf } from './testing/exchange.ts'
import { type Filling, fillMessage } from './testing/fill-message.ts'
import { gatewayFixture } from './testing/gateway-fixture.ts'
import { makeUser } from './testing/make-user.ts'
import { WireClient } from './testing/wire-client.ts'

const everyVersion = handlers
  .filter(({ isOpen }) => !isOpen)
  .flatMap(({ api, versions: { min, max } }) =>
    Array.from({ length: max - min + 1 }, (_, i) => ({ api, version: min + i, name: `${api.name} ${min + i}` })),
  )

interface Belongings {
  readonly topicId: string
  readonly producerId: number
  readonly memberIds: readonly string[]
}

/** Fills a tenant with one of everything, each named after `mark`, and each holding it. */
async function settleIn(client: WireClient, mark: string, clock: ManualClock): Promise<Belongings> {
  const [topic, group, transactionalId] = [`${mark}-topic`, `${mark}-group`, `${mark}-transaction`]
  const bytes = Buffer.from(`${mark}-bytes`)
  const plain = { numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  const { topics } = await client.call(createTopics, 7, { topics: [{ name: topic, ...plain }] })
  const record = { key: bytes, value: bytes, timestampMs: 1_000, headers: [{ name: `${mark}-header`, value: bytes }] }
  const records = encodeRecordBatch({ records: [record] })
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const { responses } = await client.call(produce, 9, { acks: -1, timeoutMs: 1_000, topicData })
  assert.equal(responses[0]!.partitionResponses[0]!.errorCode, errorCodes.NONE)
  const committed = { partitionIndex: 0, committedOffset: 1, committedMetadata: `${mark}-metadata` }
  const offsets = { memberId: '', topics: [{ name: topic, partitions: [committed] }] }
  const commit = await client.call(offsetCommit, 8, { groupId: `${mark}-offsets`, ...offsets })
  assert.equal(commit.topics[0]!.partitions[0]!.errorCode, errorCodes.NONE)
  const protocols = [{ name: `${mark}-protocol`, metadata: bytes }]
  const timeouts = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 60_000 }
  const joining = {
    groupId: group,
    ...timeouts,
    memberId: '',
    groupInstanceId: `${mark}-instance`,
    protocolType: 'consumer',
  }
  const { memberId, generationId } = await inTime(client.call(joinGroup, 7, { ...joining, protocols }), clock)
  const assignments = [{ memberId, assignment: bytes }]
  await client.call(syncGroup, 3, {
    groupId: group,
    generationId,
    memberId,
    groupInstanceId: `${mark}-instance`,
    assignments,
  })
  const { groups } = await client.call(describeGroups, 5, { groups: [group] })
  assert.equal(groups[0]!.groupState, 'Stable')
  const heartbeat = { groupId: `${mark}-consumers`, memberId: '', memberEpoch: 0, rebalanceTimeoutMs: 60_000 }
  const first = { ...heartbeat, subscribedTopicNames: [topic], topicPartitions: [], rackId: `${mark}-rack` }
  const consumer = await client.call(consumerGroupHeartbeat, 0, first)
  assert.equal(consumer.errorCode, errorCodes.NONE)
  const { producerId, producerEpoch } = await client.call(initProducerId, 5, {
    transactionalId,
    transactionTimeoutMs: 900_000,
  })
  const added = await client.call(addPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions: [0, 1] }],
  })
  assert.equal(added.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode, errorCodes.NONE)
  await client.call(addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId: group })
  const rule = { principal: `User:${mark}`, host: '*', operation: 2, permissionType: 3 }
  await client.call(createAcls, 2, {
    creations: [{ resourceType: 2, resourceName: topic, resourcePatternType: 3, ...rule }],
  })
  assert.equal(await makeUser(client, { name: `${mark}-user`, password: 'a password' }), errorCodes.NONE)
  const entity = [{ entityType: 'user', entityName: `${mark}-user` }]
  const ops = [{ key: 'producer_byte_rate', value: 1_000, remove: false }]
  await client.call(alterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false })
  return { topicId: topics[0]!.topicId, producerId, memberIds: [memberId, consumer.memberId ?? ''] }
}

/** A request that means what another tenant has, by that name. */
const meaning = (name: string, { topicId, producerId }: Pick<Belongings, 'topicId' | 'producerId'>): Filling => ({
  string: () => name,
  nullableString: () => name,
  int: (field) => (/producerId/i.test(field) ? producerId : field === 'acks' ? -1 : 0),
  bytes: () => new Uint8Array(0),
  nullableBytes: () => new Uint8Array(0),
  bool: () => true,
  uuid: () => topicId,
  array: () => 1,
})

/** The same, and with nothing in particular asked for: what there is is told. */
const anything: Filling = {
  ...meaning('', { topicId: '0'.repeat(32), producerId: -1 }),
  nullableString: () => null,
  // `any` of every filter of ACLs.
  int: (field) => (/type|operation/i.test(field) ? 1 : -1),
  array: (_, { mayBeNull }) => (mayBeNull ? null : 0),
}

/** Topic ids are drawn anew in each world. */
const withoutTopicIds = (answer: object): string =>
  JSON.stringify(answer, (name, value: unknown) => (name === 'topicId' ? undefined : value))

/** What one tenant is answered that asks for things named after `asked`, while another has some named after `mark`. */
async function answersBeside(mark: string, asked: string): Promise<string[]> {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, advertisedPort: 9092 })
  using theirs = await WireClient.signIn(server.port, server.globex)
  const belongings = await settleIn(theirs, mark, clock)
  const answers: string[] = []
  using client = await WireClient.signIn(server.port, server.acme)
  const names = ['topic', 'group', 'consumers', 'transaction', 'user'].map((of) => `${asked}-${of}`)
  const memberIds = belongings.memberIds.map((id) => id.replaceAll(mark, asked))
  const fillings = [anything, ...[...names, ...memberIds].map((name) => meaning(name, belongings))]
  for (const { api, version, name } of everyVersion) {
    for (const filling of fillings) {
      const request = requestOf({ api, version, body: fillMessage(api.request.fields, filling) })
      const { frame, isClosed } = await exchange(client, request, clock)
      assert.ok(!isClosed, name)
      assert.ok(frame, name)
      assert.ok(mark === asked || !Buffer.from(frame).includes(mark), `${name} tells what another has`)
      answers.push(`${name} ${withoutTopicIds(decodeAnswer({ api, version }, frame))}`)
    }
  }
  return answers
}

test('what another tenant has makes no difference to any answer, nor is a byte of it told', async () => {
  const beside = await answersBeside('alpha', 'alpha')
  const without = await answersBeside('gamma', 'alpha')
  for (const [index, answer] of without.entries()) assert.equal(beside[index], answer)
})

test('another tenant’s topic ids are those of nothing', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, advertisedPort: 9092 })
  using theirs = await WireClient.signIn(server.port, server.globex)
  const { topicId } = await settleIn(theirs, 'alpha', clock)
  using client = await WireClient.signIn(server.port, server.acme)
  const codesOf = async (topicId: string) => {
    const codes = []
    for (const { api, version } of everyVersion) {
      const filling = { ...meaning('', { topicId, producerId: -1 }), nullableString: () => null }
      const { frame, isClosed } = await exchange(
        client,
        requestOf({ api, version, body: fillMessage(api.request.fields, filling) }),
        clock,
      )
      assert.ok(!isClosed, `${api.name} ${version}`)
      codes.push([api.name, version, frame && errorCodesIn(decodeAnswer({ api, version }, frame))])
    }
    return codes
  }
  await codesOf('1'.repeat(32))
  assert.deepEqual(await codesOf(topicId), await codesOf('2'.repeat(32)))
})
