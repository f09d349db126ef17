import assert from 'node:assert/strict'
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
import { batchOf, gatewayFixture } from '../testing/gateway-fixture.ts'
import { makeUser } from '../testing/make-user.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'

const allTopics = { topics: null }
type Credential = Parameters<typeof plainToken>[0]

async function authenticate(client: WireClient, credential: Credential, mechanism = 'PLAIN') {
  const handshake = await client.call(saslHandshake, 1, { mechanism })
  if (handshake.errorCode !== errorCodes.NONE) return { errorCode: handshake.errorCode, sessionLifetimeMs: 0 }
  return await client.call(saslAuthenticate, 2, { authBytes: plainToken(credential) })
}

test('without a limit a session has no end, and may still be renewed', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  for (let i = 0; i < 3; i++) {
    const { errorCode, sessionLifetimeMs } = await authenticate(client, server.acme)
    assert.deepEqual([errorCode, sessionLifetimeMs], [errorCodes.NONE, 0])
    assert.equal((await client.call(metadata, 9, allTopics)).clusterId, server.acme.tenantId)
  }
})

test('a client that authenticates again in time goes on, one that doesn’t is closed at its next request', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, reauthenticationMs: 60_000 })
  using renews = await WireClient.open(server.port)
  using forgets = await WireClient.open(server.port)
  for (const client of [renews, forgets]) {
    assert.equal((await authenticate(client, server.acme)).sessionLifetimeMs, 60_000)
  }
  for (let minutes = 0; minutes < 3; minutes++) {
    clock.advance(50_000)
    assert.equal((await authenticate(renews, server.acme)).errorCode, errorCodes.NONE)
  }
  assert.equal((await renews.call(metadata, 9, allTopics)).controllerId, 1)
  assert.equal((await forgets.call(apiVersions, 3, {})).errorCode, errorCodes.NONE)
  forgets.send(metadata, 9, allTopics)
  await forgets.closed()
  assert.match(await server.metrics.text(), /reason="expired"\} 1/)
})

test('a client that is late may still authenticate again as its next request', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, reauthenticationMs: 60_000 })
  using client = await WireClient.open(server.port)
  await authenticate(client, server.acme)
  clock.advance(90_000)
  assert.equal((await authenticate(client, server.acme)).errorCode, errorCodes.NONE)
  assert.equal((await client.call(metadata, 9, allTopics)).controllerId, 1)
})

test('a connection stays who it is: another key, tenant or mechanism ends it', async () => {
  await using server = await gatewayFixture()
  const { acme, globex, tenancy } = server
  const second = await tenancy.createApiKey(acme.tenantId, {})
  for (const [credential, mechanism] of [
    [second, 'PLAIN'],
    [globex, 'PLAIN'],
    [{ ...acme, secret: 'wrong' }, 'PLAIN'],
    [acme, 'SCRAM-SHA-256'],
  ] as const) {
    using client = await WireClient.signIn(server.port, acme)
    assert.notEqual((await authenticate(client, credential, mechanism)).errorCode, errorCodes.NONE)
    await client.closed()
  }
})

test('an authentication under way is not interrupted by anything else', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
  client.send(metadata, 9, allTopics)
  await client.closed()
})

test('a handshake of version 0 can’t be repeated', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  const { errorCode } = await client.call(saslHandshake, 0, { mechanism: 'PLAIN' })
  assert.equal(errorCode, errorCodes.ILLEGAL_SASL_STATE)
  await client.closed()
})

test('a user of the virtual cluster authenticates again by SCRAM, until its credential is gone', async () => {
  await using server = await gatewayFixture({ reauthenticationMs: 60_000 })
  using admin = await WireClient.signIn(server.port, server.acme)
  await makeUser(admin, { name: 'alice', password: 'pass' })
  using client = await WireClient.open(server.port)
  const alice = { name: `alice@${server.acme.tenantId}`, password: 'pass' }
  for (let i = 0; i < 2; i++) {
    const answer = await client.signInByScram('SCRAM-SHA-256', alice)
    assert.ok(answer.isTrusted)
    assert.equal(answer.sessionLifetimeMs, 60_000)
  }
  await makeUser(admin, { name: 'alice', password: 'changed' })
  assert.equal((await client.signInByScram('SCRAM-SHA-256', alice)).errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
  await client.closed()
})

test('a key tells when it expires, and its connections end then, whatever they wait for', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, reauthenticationMs: 600_000 })
  const expiresAt = new Date(clock.now() + 90_000).toISOString()
  const key = await server.tenancy.createApiKey(server.acme.tenantId, { expiresAt })
  using admin = await WireClient.signIn(server.port, server.acme)
  await admin.call(metadata, 9, { topics: [{ name: 'log' }] })
  using client = await WireClient.open(server.port)
  assert.equal((await authenticate(client, key)).sessionLifetimeMs, 90_000)
  clock.advance(30_000)
  assert.equal((await authenticate(client, key)).sessionLifetimeMs, 60_000)
  client.send(fetch, 12, {
    maxWaitMs: 500_000,
    minBytes: 1,
    topics: [{ topic: 'log', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
  })
  await until('the key’s connection is closed', () => {
    clock.advance(10_000)
    return client.socket.closed
  })
  assert.ok(clock.monotonic() >= 90_000)
  const answer = await admin.call(produce, 9, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: 'log', partitionData: [{ index: 0, records: batchOf('x') }] }],
  })
  assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, errorCodes.NONE)
})
