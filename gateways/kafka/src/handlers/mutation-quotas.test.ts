import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { createPartitions, createTopics, deleteTopics, errorCodes, metadata } from '@koine/protocols-kafka'
import { throttleMsMax } from '@koine/services-streams'
import type { QuotaChanges } from '@koine/services-tenancy'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

const { NONE, THROTTLING_QUOTA_EXCEEDED, POLICY_VIOLATION, TOPIC_ALREADY_EXISTS } = errorCodes

async function fixture(quotas: QuotaChanges) {
  const clock = new ManualClock()
  const server = await gatewayFixture({ clock })
  await server.tenancy.changeQuotas(server.acme.tenantId, quotas)
  const client = await WireClient.signIn(server.port, server.acme)
  const create = async (version: number, ...topics: readonly [name: string, partitions: number][]) => {
    const answer = await client.call(createTopics, version, {
      topics: topics.map(([name, numPartitions]) => ({
        name,
        numPartitions,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 1_000,
      validateOnly: false,
    })
    return { codes: answer.topics.map(({ errorCode }) => errorCode), throttleMs: answer.throttleTimeMs }
  }
  return {
    clock,
    server,
    client,
    create,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('topics are made as long as earlier ones are paid for, the last of them in full; then the client is told when', async () => {
  // A second's quota is 2 partitions, and 22 can be saved up.
  await using it = await fixture({ partitionMutationsPerSecond: 2 })
  assert.deepEqual(await it.create(7, ['a', 20], ['b', 10], ['c', 1]), {
    codes: [NONE, NONE, THROTTLING_QUOTA_EXCEEDED],
    throttleMs: 4_000,
  })
  it.clock.advance(4_000)
  assert.deepEqual(await it.create(7, ['c', 1]), { codes: [NONE], throttleMs: 500 })
})

test('what isn’t made after all costs nothing', async () => {
  await using it = await fixture({ partitionMutationsPerSecond: 2 })
  await it.create(7, ['a', 22])
  for (let i = 0; i < 5; i++)
    assert.deepEqual(await it.create(7, ['a', 22]), { codes: [TOPIC_ALREADY_EXISTS], throttleMs: 0 })
})

test('clients of before are never refused, and wait afterwards', async () => {
  await using it = await fixture({ partitionMutationsPerSecond: 2 })
  assert.deepEqual(await it.create(5, ['a', 20], ['b', 10], ['c', 2]), { codes: [NONE, NONE, NONE], throttleMs: 5_000 })
})

test('partitions that are added and topics that go count as well', async () => {
  await using it = await fixture({ partitionMutationsPerSecond: 2 })
  await it.create(7, ['a', 10])
  const add = (count: number) =>
    it.client.call(createPartitions, 3, {
      topics: [{ name: 'a', count, assignments: null }],
      timeoutMs: 1,
      validateOnly: false,
    })
  assert.equal((await add(20)).results[0]!.errorCode, NONE)
  const gone = await it.client.call(deleteTopics, 6, { topics: [{ name: 'a', topicId: '0'.repeat(32) }], timeoutMs: 1 })
  assert.deepEqual([gone.responses[0]!.errorCode, gone.throttleTimeMs], [NONE, 9_000])
  it.clock.advance(8_000)
  it.client.send(metadata, 9, { topics: null })
  it.clock.advance(1_000)
  await it.client.receive(metadata, 9)
  assert.equal((await it.create(7, ['a', 1])).throttleMs, 500)
})

test('with a quota of zero nothing is made, for old clients either', async () => {
  await using it = await fixture({ partitionMutationsPerSecond: 0 })
  const refused = { codes: [THROTTLING_QUOTA_EXCEEDED], throttleMs: throttleMsMax }
  assert.deepEqual(await it.create(7, ['a', 1]), refused)
  await it.server.tenancy.changeQuotas(it.server.acme.tenantId, { partitionMutationsPerSecond: 0, connections: 9 })
  assert.deepEqual(await it.create(5, ['a', 1]), refused)
  await it.server.tenancy.changeQuotas(it.server.acme.tenantId, { connections: 8 })
  const { topics } = await it.client.call(metadata, 9, { topics: [{ name: 'a' }], allowAutoTopicCreation: true })
  assert.equal(topics[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})

test('topics and partitions are a tenant’s own number of them, from one moment to the next', async () => {
  await using it = await fixture({ topics: 4, partitions: 12 })
  const held = (await it.server.streams.topics(await it.server.tenancy.scope(it.server.acme.tenantId))).length
  await it.server.tenancy.changeQuotas(it.server.acme.tenantId, { topics: held + 2 })
  assert.deepEqual((await it.create(7, ['a', 3], ['b', 100])).codes, [NONE, POLICY_VIOLATION])
  assert.deepEqual((await it.create(7, ['b', 1], ['c', 1])).codes, [NONE, POLICY_VIOLATION])
  await it.server.tenancy.changeQuotas(it.server.acme.tenantId, { topics: 'unlimited', partitions: null })
  assert.deepEqual((await it.create(7, ['c', 1], ['d', 100])).codes, [NONE, NONE])
})
