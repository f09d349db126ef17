import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { ManualClock, until } from '@koine/base/testing'
import { apiVersions, errorCodes, fetch, heartbeat, metadata, produce } from '@koine/protocols-kafka'
import { throttleMsMax } from '@koine/services-streams'
import type { QuotaChanges } from '@koine/services-tenancy'
import type { KafkaGatewayLimits } from '../limits.ts'
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

const produceTo = (name: string, bytes: number, acks = -1) => ({
  acks,
  timeoutMs: 1_000,
  topicData: [{ name, partitionData: [{ index: 0, records: batchOf('x'.repeat(bytes)) }] }],
})
const fetchFrom = (topic: string, fetchOffset = 0) => ({
  maxWaitMs: 0,
  minBytes: 1,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
})

async function fixture(quotas: QuotaChanges = {}, limits: Partial<KafkaGatewayLimits> = {}) {
  const clock = new ManualClock()
  const server = await gatewayFixture({ clock, limits: { idleTimeoutMs: 1e9, ...limits } })
  const client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  const change = (changes: QuotaChanges) => server.tenancy.changeQuotas(server.acme.tenantId, changes)
  await change(quotas)
  return {
    clock,
    server,
    client,
    change,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Produces until an answer says to wait; for how long. */
async function produceUntilMuted({ client, clock }: { client: WireClient; clock: ManualClock }): Promise<number> {
  for (;;) {
    const { throttleTimeMs } = await client.call(produce, 9, produceTo('log', 10_000))
    if (throttleTimeMs > 0) return throttleTimeMs
    clock.advance(100)
  }
}

/** Whether nothing comes while another client's requests, and much of the event loop, go by. */
async function isUnanswered(waiting: Promise<unknown>, other: WireClient): Promise<boolean> {
  const state = { isOver: false }
  void waiting.then(() => (state.isOver = true))
  for (let i = 0; i < 20; i++) await other.call(apiVersions, 0, {})
  for (let i = 0; i < 50; i++) await turn()
  return !state.isOver
}

test('over its quota a client is answered at once, and then not listened to for as long as the answer says', async () => {
  await using it = await fixture({ produceBytesPerSecond: 20_000 })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  const throttleMs = await produceUntilMuted(it)
  const next = it.client.call(apiVersions, 0, {})
  it.clock.advance(throttleMs - 1)
  assert.ok(await isUnanswered(next, other))
  it.clock.advance(1)
  assert.equal((await next).errorCode, errorCodes.NONE)
})

test('a producer that floods gets its quota, over any half minute', async () => {
  await using it = await fixture({ produceBytesPerSecond: 1_000_000 })
  let [bytes, waits] = [0, 0]
  const run = async (ms: number): Promise<number> => {
    const [startMs, startBytes] = [it.clock.monotonic(), bytes]
    while (it.clock.monotonic() - startMs < ms) {
      const { throttleTimeMs } = await it.client.call(produce, 9, produceTo('log', 100_000))
      bytes += 100_000
      if (throttleTimeMs > 0) waits++
      it.clock.advance(Math.max(10, throttleTimeMs))
    }
    return (bytes - startBytes) / ((it.clock.monotonic() - startMs) / 1_000)
  }
  for (const perSecond of [await run(30_000), await run(30_000)]) {
    assert.ok(perSecond > 950_000 && perSecond < 1_050_000, `${perSecond}`)
  }
  assert.ok(waits > 10)
})

test('a consumer that reads all there is gets its quota, in answers that are empty while it is to wait', async () => {
  await using it = await fixture({ fetchBytesPerSecond: 100_000 })
  using second = await WireClient.signIn(it.server.port, it.server.acme)
  for (let i = 0; i < 20; i++) await it.client.call(produce, 9, produceTo('log', 5_000))
  let [bytes, empty] = [0, 0]
  const startMs = it.clock.monotonic()
  const freeAtMs = new Map([it.client, second].map((client) => [client, startMs]))
  while (it.clock.monotonic() - startMs < 60_000) {
    for (const client of [it.client, second]) {
      if (freeAtMs.get(client)! > it.clock.monotonic()) continue
      const { responses, throttleTimeMs } = await client.call(fetch, 12, fetchFrom('log'))
      const got = responses[0]?.partitions[0]!.records!.length ?? 0
      bytes += got
      if (got === 0) {
        empty++
        assert.ok(throttleTimeMs > 0)
      }
      freeAtMs.set(client, it.clock.monotonic() + throttleTimeMs)
    }
    it.clock.advance(50)
  }
  assert.ok(bytes / 60 > 95_000 && bytes / 60 < 105_000, `${bytes / 60}`)
  assert.ok(empty > 0)
  const { produceBytesPerSecond, fetchBytesPerSecond } = it.server.streams.throttling.describe(it.server.acme.tenantId)!
  assert.equal(fetchBytesPerSecond.quota, 100_000)
  assert.ok(fetchBytesPerSecond.perSecond > 0 && fetchBytesPerSecond.throttledMs > 10_000)
  assert.equal(produceBytesPerSecond.throttledMs, 0)
})

test('a throttled fetch neither opens a session nor loses one', async () => {
  await using it = await fixture()
  await it.client.call(produce, 9, produceTo('log', 100))
  const opened = await it.client.call(fetch, 12, { ...fetchFrom('log'), sessionEpoch: 0 })
  assert.ok(opened.sessionId > 0)
  await it.change({ fetchBytesPerSecond: 0 })
  const held = await it.client.call(fetch, 12, {
    ...fetchFrom('log'),
    topics: [],
    sessionId: opened.sessionId,
    sessionEpoch: 1,
  })
  assert.deepEqual([held.sessionId, held.responses, held.throttleTimeMs], [opened.sessionId, [], throttleMsMax])
  await it.change({ fetchBytesPerSecond: null })
  await it.client.call(produce, 9, produceTo('log', 100))
  const goesOn = await it.client.call(fetch, 12, {
    ...fetchFrom('log'),
    topics: [],
    sessionId: opened.sessionId,
    sessionEpoch: 2,
  })
  assert.ok(goesOn.responses[0]!.partitions[0]!.records!.length > 0)
  await it.change({ fetchBytesPerSecond: 0 })
  const full = await it.client.call(fetch, 12, { ...fetchFrom('log'), sessionEpoch: 0 })
  assert.deepEqual([full.sessionId, full.responses, full.throttleTimeMs], [0, [], throttleMsMax])
})

test('with a quota of zero nothing passes, and every answer says to wait for as long as may be', async () => {
  await using it = await fixture({ produceBytesPerSecond: 0 })
  const refused = await it.client.call(produce, 9, produceTo('log', 10))
  assert.equal(refused.responses[0]!.partitionResponses[0]!.errorCode, errorCodes.THROTTLING_QUOTA_EXCEEDED)
  assert.equal(refused.throttleTimeMs, throttleMsMax)
  await it.change({ produceBytesPerSecond: null, requestsPerSecond: 0 })
  assert.equal((await it.client.call(metadata, 9, { topics: null })).throttleTimeMs, throttleMsMax)
  await it.change({ requestsPerSecond: null, requestPercentage: 0 })
  assert.equal(
    (await it.client.call(heartbeat, 3, { groupId: 'g', generationId: 1, memberId: 'm' })).throttleTimeMs,
    throttleMsMax,
  )
  await it.change({ requestPercentage: 'unlimited' })
  it.client.send(produce, 8, produceTo('log', 10, 0))
  assert.equal(
    (await it.client.call(produce, 9, produceTo('log', 10))).responses[0]!.partitionResponses[0]!.baseOffset,
    1,
  )
})

test('what asks for no answer is held to the quota as well', async () => {
  await using it = await fixture({ produceBytesPerSecond: 0 })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  it.client.send(produce, 8, produceTo('log', 10, 0))
  const next = it.client.call(apiVersions, 0, {})
  assert.ok(await isUnanswered(next, other))
  await it.change({ produceBytesPerSecond: null })
  await next
  const { baseOffset } = (await it.client.call(produce, 9, produceTo('log', 10))).responses[0]!.partitionResponses[0]!
  assert.equal(baseOffset, 0, 'and was not appended')
})

test('new quotas hold at once, also for those who wait', async () => {
  await using it = await fixture({ produceBytesPerSecond: 0 })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  await it.client.call(produce, 9, produceTo('log', 10))
  const next = it.client.call(produce, 9, produceTo('log', 10))
  assert.ok(await isUnanswered(next, other))
  await it.change({ produceBytesPerSecond: 1_000_000 })
  assert.equal((await next).responses[0]!.partitionResponses[0]!.errorCode, errorCodes.NONE)
  await it.change({ produceBytesPerSecond: 0 })
  const after = await it.client.call(produce, 9, produceTo('log', 10))
  assert.equal(after.responses[0]!.partitionResponses[0]!.errorCode, errorCodes.THROTTLING_QUOTA_EXCEEDED)
})

test('a client that leaves while it isn’t listened to is let go of at once', async () => {
  await using it = await fixture({ requestsPerSecond: 0 })
  await it.client.call(metadata, 9, { topics: null })
  assert.match(await it.server.metrics.text(), /koine_kafka_connections 1/)
  it.client.send(apiVersions, 0, {})
  it.client.socket.destroy()
  await until('it is gone', async () => /koine_kafka_connections 0/.test(await it.server.metrics.text()))
})

test('little is read ahead of a client that isn’t listened to, and it isn’t taken for stuck', async () => {
  await using it = await fixture({ requestsPerSecond: 0 }, { frameTimeoutMs: 5_000 })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  await it.client.call(metadata, 9, { topics: null })
  const receivedBytes = async (): Promise<number> =>
    Number(/^koine_kafka_received_bytes_total (\d+)/m.exec(await it.server.metrics.text())![1])
  const beforeBytes = await receivedBytes()
  for (let i = 0; i < 40; i++) it.client.send(produce, 9, produceTo('log', 900_000))
  await isUnanswered(it.client.frame(), other)
  assert.ok((await receivedBytes()) - beforeBytes < 1_000_000)
  it.clock.advance(throttleMsMax - 1)
  await isUnanswered(Promise.resolve(), other)
  assert.equal(it.client.socket.destroyed, false)
  assert.doesNotMatch(await it.server.metrics.text(), /reason="slow"/)
})

test('the end of the gateway is the end of all waiting', async () => {
  await using it = await fixture({ requestsPerSecond: 0 })
  await it.client.call(metadata, 9, { topics: null })
  it.client.send(apiVersions, 0, {})
  await until('it has arrived', () => it.client.socket.writableLength === 0)
  await it.server.gateway[Symbol.asyncDispose]()
  await it.client.closed()
})

test('a tenant over its quotas costs another one nothing', async () => {
  await using it = await fixture({ produceBytesPerSecond: 10_000 })
  using other = await WireClient.signIn(it.server.port, it.server.globex)
  await produceUntilMuted(it)
  const { throttleTimeMs } = await other.call(metadata, 9, { topics: [{ name: 'log' }] })
  assert.equal(throttleTimeMs, 0)
  for (let i = 0; i < 20; i++) {
    const answer = await other.call(produce, 9, produceTo('log', 100_000))
    assert.deepEqual([answer.throttleTimeMs, answer.responses[0]!.partitionResponses[0]!.baseOffset], [0, i])
  }
})
