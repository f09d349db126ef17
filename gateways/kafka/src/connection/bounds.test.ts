import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ManualClock, until } from '@koine/base/testing'
import {
  apiVersions,
  errorCodes,
  fetch,
  metadata,
  produce,
  saslAuthenticate,
  saslHandshake,
} from '@koine/protocols-kafka'
import { batchOf, type GatewayFixture, gatewayFixture } from '../testing/gateway-fixture.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'

const fetchLog = (maxWaitMs: number, partitionMaxBytes = 50_000_000, fetchOffset = 0) => ({
  maxWaitMs,
  minBytes: 1,
  maxBytes: 50_000_000,
  topics: [{ topic: 'log', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes }] }],
})
const connections = async (server: GatewayFixture): Promise<number> =>
  Number(/^koine_kafka_connections (\d+)$/m.exec(await server.metrics.text())?.[1])

async function withLog(server: GatewayFixture): Promise<WireClient> {
  const client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  return client
}

/** The start of a frame that declares `length` bytes. */
function frameStart(length: number, bytes: number): Uint8Array {
  const start = Buffer.alloc(4 + bytes)
  start.writeInt32BE(length)
  return start
}

test('a client that reads slowly and steadily is let read', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, limits: { idleTimeoutMs: 1e9, frameTimeoutMs: 1e9 } })
  using client = await withLog(server)
  const topicData = [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x'.repeat(900_000)) }] }]
  for (let i = 0; i < 40; i++) await client.call(produce, 8, { acks: -1, timeoutMs: 1_000, topicData })
  client.socket.pause()
  client.socket.removeAllListeners('data')
  for (let i = 0; i < 4; i++) client.send(fetch, 11, fetchLog(0))
  let read = 0
  let readAtAdvance = 0
  client.socket.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read - readAtAdvance < 16_000_000) return
    readAtAdvance = read
    // Longer than the timeout in all, for answers that nobody has read whole by then.
    clock.advance(40_000)
  })
  client.socket.resume()
  await until('all is read', () => read > 4 * 35_000_000, 30_000)
  assert.ok(clock.monotonic() > 300_000)
})

test('a client that leaves is seen to behind all the requests that it has sent ahead', async () => {
  await using server = await gatewayFixture()
  using client = await withLog(server)
  client.send(fetch, 11, fetchLog(60_000))
  for (let i = 0; i < 300; i++) client.send(apiVersions, 0, {})
  client.socket.end()
  await until('the connection is gone', async () => (await connections(server)) === 0)
})

test('a client that sends ever more behind a request that waits is closed', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, limits: { pipelinedBytesMax: 1_000, frameTimeoutMs: 30_000 } })
  using client = await withLog(server)
  client.send(fetch, 11, fetchLog(1e9))
  for (let i = 0; i < 300; i++) client.send(apiVersions, 0, {})
  await until('the connection is closed', async () => {
    clock.advance(10_000)
    return /reason="slow"\} 1/.test(await server.metrics.text())
  })
})

test('a frame that isn’t whole in time closes the connection', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  using client = await withLog(server)
  client.socket.write(frameStart(1_000, 10))
  await until('the connection is closed', async () => {
    client.socket.write(Buffer.alloc(1))
    clock.advance(5_000)
    return /reason="slow"\} 1/.test(await server.metrics.text())
  })
  assert.ok(clock.monotonic() < 300_000)
})

test('while the connections hold all the bytes that they may, others wait, and go on when those that are stuck are closed', async () => {
  const limits = { workBytesMax: 1_000_000, tenantWorkBytesMax: 10_000_000, frameTimeoutMs: 500 }
  await using server = await gatewayFixture({ limits })
  using greedy = await withLog(server)
  using waits = await WireClient.signIn(server.port, server.globex)
  greedy.socket.write(frameStart(50_000_000, 1_500_000))
  await until('the bytes have arrived', async () => {
    const received = /koine_kafka_received_bytes_total (\d+)/.exec(await server.metrics.text())?.[1]
    return Number(received) > 900_000
  })
  // The first may still get in: what has arrived is always taken.
  for (let i = 0; i < 3; i++) assert.equal((await waits.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
  assert.match(await server.metrics.text(), /reason="slow"\} 1/)
})

test('a tenant that holds all that it may keeps no other waiting', async () => {
  const limits = { workBytesMax: 10_000_000, tenantWorkBytesMax: 1_000_000 }
  await using server = await gatewayFixture({ limits })
  using greedy = await withLog(server)
  using other = await WireClient.signIn(server.port, server.globex)
  greedy.socket.write(frameStart(50_000_000, 3_000_000))
  for (let i = 0; i < 10; i++) assert.equal((await other.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
})

test('connections beyond those that a tenant, or the server, may have are refused in words', async () => {
  for (const [limits, words] of [
    [{ tenantConnectionsMax: 1 }, /The tenant has 1 connections/],
    [{ authenticatedConnectionsMax: 1 }, /The server has 1 connections/],
  ] as const) {
    await using server = await gatewayFixture({ limits })
    const first = await WireClient.signIn(server.port, server.acme)
    assert.equal((await first.call(metadata, 9, { topics: null })).controllerId, 1)
    const refused = async () => {
      using client = await WireClient.open(server.port)
      await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
      const answer = await client.call(saslAuthenticate, 1, { authBytes: plainToken(server.acme) })
      return answer.errorMessage
    }
    assert.match((await refused())!, words)
    first[Symbol.dispose]()
    await once(first.socket, 'close')
    await until('there is room again', async () => (await refused()) === null)
  }
})
