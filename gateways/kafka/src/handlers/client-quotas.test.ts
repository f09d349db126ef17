import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { alterClientQuotas, createTopics, errorCodes, fetch, metadata, produce } from '@koine/protocols-kafka'
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

const produceOf = (bytes: number) => ({
  acks: -1,
  timeoutMs: 1_000,
  topicData: [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x'.repeat(bytes)) }] }],
})
const fetchAll = {
  maxWaitMs: 0,
  minBytes: 1,
  topics: [{ topic: 'log', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }] }],
}

/** What all wire clients call themselves. */
const clientId = 'wire-client'

async function fixture() {
  const clock = new ManualClock()
  const server = await gatewayFixture({ clock })
  const client = await WireClient.signIn(server.port, server.acme)
  const admin = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  /** @param entity such as `{ user: 'someone', 'client-id': null }`; null for the default */
  const grant = async (entity: { readonly [type: string]: string | null }, key: string, value: number | undefined) => {
    const { entries } = await admin.call(alterClientQuotas, 1, {
      entries: [
        {
          entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
          ops: [{ key, value: value ?? 0, remove: value === undefined }],
        },
      ],
      validateOnly: false,
    })
    assert.equal(entries[0]!.errorCode, errorCodes.NONE, entries[0]!.errorMessage ?? '')
  }
  return {
    clock,
    server,
    client,
    grant,
    user: server.acme.id,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]()
      admin[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a producer is held to what its tenant grants it, by Kafka’s windows', async () => {
  await using it = await fixture()
  await it.grant({ user: it.user }, 'producer_byte_rate', 10_000)
  let bytes = 0
  const startMs = it.clock.monotonic()
  while (it.clock.monotonic() - startMs < 120_000) {
    const { throttleTimeMs } = await it.client.call(produce, 9, produceOf(20_000))
    bytes += 20_000
    it.clock.advance(Math.max(10, throttleTimeMs))
  }
  const perSecond = bytes / ((it.clock.monotonic() - startMs) / 1_000)
  assert.ok(perSecond > 9_500 && perSecond < 11_500, `${perSecond}: the first window may be filled at once`)
})

test('what is granted more narrowly comes first, and a change holds at once', async () => {
  await using it = await fixture()
  const isHeld = async (): Promise<boolean> => {
    it.clock.advance(60_000)
    return (await it.client.call(produce, 9, produceOf(50_000))).throttleTimeMs > 0
  }
  assert.equal(await isHeld(), false)
  await it.grant({ 'client-id': null }, 'producer_byte_rate', 1_000)
  assert.equal(await isHeld(), true)
  await it.grant({ 'client-id': clientId }, 'producer_byte_rate', 1e9)
  assert.equal(await isHeld(), false)
  await it.grant({ user: null }, 'producer_byte_rate', 1_000)
  assert.equal(await isHeld(), true)
  await it.grant({ user: it.user }, 'producer_byte_rate', 1e9)
  assert.equal(await isHeld(), false)
  await it.grant({ user: it.user, 'client-id': null }, 'producer_byte_rate', 1_000)
  assert.equal(await isHeld(), true)
  await it.grant({ user: it.user, 'client-id': clientId }, 'producer_byte_rate', 1e9)
  assert.equal(await isHeld(), false)
  await it.grant({ user: it.user, 'client-id': clientId }, 'producer_byte_rate', undefined)
  assert.equal(await isHeld(), true)
})

test('users share nothing by a default of users, clients of one name share what is granted to the name', async () => {
  await using it = await fixture()
  const key = await it.server.tenancy.createApiKey(it.server.acme.tenantId, {})
  using other = await WireClient.signIn(it.server.port, key)
  const both = async (): Promise<readonly boolean[]> => {
    it.clock.advance(60_000)
    const first = await it.client.call(produce, 9, produceOf(15_000))
    const second = await other.call(produce, 9, produceOf(100))
    return [first.throttleTimeMs > 0, second.throttleTimeMs > 0]
  }
  await it.grant({ user: null }, 'producer_byte_rate', 1_000)
  assert.deepEqual(await both(), [true, false])
  await it.grant({ user: null }, 'producer_byte_rate', undefined)
  await it.grant({ 'client-id': clientId }, 'producer_byte_rate', 1_000)
  assert.deepEqual(await both(), [true, true])
})

test('consumers and changes of topics are held to what is granted as well', async () => {
  await using it = await fixture()
  for (let i = 0; i < 3; i++) await it.client.call(produce, 9, produceOf(9_000))
  await it.grant({ user: it.user }, 'consumer_byte_rate', 1_000)
  const answers = []
  for (let i = 0; i < 3; i++) {
    const { throttleTimeMs, responses } = await it.client.call(fetch, 12, fetchAll)
    answers.push(throttleTimeMs > 0)
    if (throttleTimeMs > 0) assert.ok(responses.length <= 1)
    it.clock.advance(throttleTimeMs)
  }
  assert.ok(answers.includes(true))
  await it.grant({ user: it.user }, 'consumer_byte_rate', undefined)

  await it.grant({ user: it.user }, 'controller_mutation_rate', 1)
  const create = (name: string) =>
    it.client.call(createTopics, 7, {
      topics: [{ name, numPartitions: 20, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1,
      validateOnly: false,
    })
  assert.equal((await create('a')).throttleTimeMs, 9_000)
  it.clock.advance(8_999)
  const next = create('b')
  it.clock.advance(1)
  assert.equal((await next).topics[0]!.errorCode, errorCodes.NONE)
})

test('an address may open so many connections a second, and then waits', async () => {
  await using it = await fixture()
  await it.grant({ ip: '127.0.0.1' }, 'connection_creation_rate', 1)
  const clients = []
  for (let i = 0; i < 13; i++) clients.push(await WireClient.signIn(it.server.port, it.server.acme))
  const answered = clients.at(-1)!.call(metadata, 9, { topics: null })
  it.clock.advance(1_000)
  assert.equal((await answered).controllerId, 1)
  for (const client of clients) client[Symbol.dispose]()
})
