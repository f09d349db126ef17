import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, until } from '@koine/base/testing'
import { apiVersions, errorCodes, fetch, heartbeat, metadata, produce } from '@koine/protocols-kafka'
import fc from 'fast-check'
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

const produceTo = (name: string, ...values: string[]) => ({
  acks: -1,
  timeoutMs: 1_000,
  topicData: [{ name, partitionData: [{ index: 0, records: batchOf(...values) }] }],
})
const fetchFrom = (topic: string, fetchOffset = 0, maxWaitMs = 0) => ({
  maxWaitMs,
  minBytes: 1,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
})

test('pipelined requests are answered in their order, and appends keep it', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  const sent: number[] = []
  for (let i = 0; i < 40; i++) {
    sent.push(client.send(produce, 8, produceTo('log', `${i}`)))
    if (i % 10 === 9) sent.push(client.send(produce, 8, produceTo('absent', 'x')))
  }
  const offsets: number[] = []
  for (const correlationId of sent) {
    const answer = await client.receive(produce, 8)
    assert.equal(answer.correlationId, correlationId)
    const [partition] = answer.responses[0]!.partitionResponses
    if (partition!.errorCode === errorCodes.NONE) offsets.push(partition!.baseOffset)
  }
  assert.deepEqual(
    offsets,
    Array.from({ length: 40 }, (_, i) => i),
  )
})

test('a long poll is answered before the request behind it', async () => {
  await using server = await gatewayFixture()
  using reader = await WireClient.signIn(server.port, server.acme)
  using writer = await WireClient.signIn(server.port, server.acme)
  await writer.call(metadata, 9, { topics: [{ name: 'log' }] })
  const polled = reader.send(fetch, 12, fetchFrom('log', 0, 30_000))
  const behind = reader.send(apiVersions, 0, {})
  await writer.call(produce, 9, produceTo('log', 'x'))
  const answer = await reader.receive(fetch, 12)
  assert.equal(answer.correlationId, polled)
  assert.ok(answer.responses[0]!.partitions[0]!.records!.length > 0)
  assert.equal((await reader.receive(apiVersions, 0)).correlationId, behind)
})

test('acks 0 is not answered', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  client.send(produce, 8, { ...produceTo('log', 'quiet'), acks: 0 })
  const answer = await client.call(produce, 8, produceTo('log', 'loud'))
  assert.equal(answer.responses[0]!.partitionResponses[0]!.baseOffset, 1)
})

test('acks 0 that fails ends the connection', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  client.send(produce, 8, { ...produceTo('absent', 'quiet'), acks: 0 })
  await client.closed()
})

const garbage: readonly [what: string, bytes: string][] = [
  ['a negative length', 'ffffffff'],
  ['a length over the limit', '7fffffff'],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ['an empty frame', '00000000'],
  ['a header cut short', '000000030012'.padEnd(14, '0')],
  ['an API that isn’t there', '0000000a' + '03e7' + '0000' + '00000001' + 'ffff'],
  ['a version that isn’t served', '0000000a' + '0011' + '0063' + '00000001' + 'ffff'],
  ['a body cut short', '0000000a' + '0011' + '0001' + '00000001' + 'ffff'],
]

for (const [what, bytes] of garbage) {
  test(`${what} closes the connection`, async () => {
    await using server = await gatewayFixture()
    using client = await WireClient.open(server.port)
    client.socket.write(Buffer.from(bytes, 'hex'))
    await client.closed()
    using next = await WireClient.open(server.port)
    assert.equal((await next.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
  })
}

test('random frames of a signed-in client never break the server', async () => {
  await using server = await gatewayFixture()
  const keys = fc.constantFrom(0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 22, 36, 60)
  const frames = fc.array(fc.tuple(keys, fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 80 })), {
    minLength: 1,
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(frames, async (frames) => {
      using client = await WireClient.signIn(server.port, server.acme)
      for (const [key, version, body] of frames) {
        const header = Buffer.alloc(14)
        header.writeInt32BE(10 + body.length)
        header.writeInt16BE(key, 4)
        header.writeInt16BE(version, 6)
        header.writeInt16BE(-1, 12)
        client.socket.write(Buffer.concat([header, body]))
      }
      client.socket.end()
      await client.closed()
    }),
    { numRuns: 40 },
  )
  assert.doesNotMatch(await server.metrics.text(), /disconnections_total\{reason="failure"\}/)
  using client = await WireClient.signIn(server.port, server.acme)
  assert.equal((await client.call(metadata, 9, { topics: null })).controllerId, 1)
})

test('a client that never reads its answers is closed when they don’t go out in time', async () => {
  const clock = new ManualClock()
  const limits = { unsentBytesMax: 1_000, idleTimeoutMs: 1e9 }
  await using server = await gatewayFixture({ clock, limits })
  using client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  for (let i = 0; i < 8; i++) await client.call(produce, 8, produceTo('log', 'x'.repeat(900_000)))
  client.socket.pause()
  for (let i = 0; i < 20; i++) client.send(fetch, 11, fetchFrom('log'))
  await until('the connection is closed', async () => {
    clock.advance(10_000)
    return /reason="slow"\} 1/.test(await server.metrics.text())
  })
})

test('a client that doesn’t authenticate in time is closed', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  using client = await WireClient.open(server.port)
  await client.call(apiVersions, 0, {})
  clock.advance(10_000)
  await client.closed()
})

test('a client that says nothing for long is closed, one that speaks isn’t', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  using silent = await WireClient.signIn(server.port, server.acme)
  using speaks = await WireClient.signIn(server.port, server.acme)
  for (let minutes = 0; minutes < 12; minutes += 6) {
    clock.advance(6 * 60_000)
    if (minutes === 0) await speaks.call(apiVersions, 0, {})
  }
  await silent.closed()
  assert.equal((await speaks.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
})

test('connections over the limit are closed at once', async () => {
  await using server = await gatewayFixture({ limits: { connectionsMax: 1 } })
  using first = await WireClient.open(server.port)
  await first.call(apiVersions, 0, {})
  using second = await WireClient.open(server.port)
  await second.closed()
})

test('disposal answers a long poll with what there is, and closes', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const fetchRecords = server.streams.fetch.bind(server.streams)
  server.streams.fetch = (...args) => {
    begin()
    return fetchRecords(...args)
  }
  const poll = client.send(fetch, 12, fetchFrom('log', 0, 30_000))
  await begun
  const disposed = server.gateway[Symbol.asyncDispose]()
  assert.equal((await client.receive(fetch, 12)).correlationId, poll)
  await client.closed()
  await disposed
})

test('an unexpected failure ends its connection and nothing else', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  server.streams.groups.heartbeat = () => {
    throw new Error('broken')
  }
  client.send(heartbeat, 3, { groupId: 'g', generationId: 1, memberId: 'm' })
  await client.closed()
  using next = await WireClient.signIn(server.port, server.acme)
  assert.equal((await next.call(metadata, 9, { topics: null })).controllerId, 1)
})
