import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, until } from '@koine/base/testing'
import { apiVersions, errorCodes, metadata, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'

const signIn = async (port: number, tenant: { id: string; secret: string }) => {
  const client = await WireClient.open(port)
  await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorCode, errorMessage } = await client.call(saslAuthenticate, 1, { authBytes: plainToken(tenant) })
  return { client, errorCode, errorMessage }
}

test('a tenant has so many connections and no more; who leaves makes room, and who is there stays', async () => {
  await using server = await gatewayFixture()
  const { tenantId } = server.acme
  await server.tenancy.changeQuotas(tenantId, { connections: 2 })
  const [first, second, third] = [
    await signIn(server.port, server.acme),
    await signIn(server.port, server.acme),
    await signIn(server.port, server.acme),
  ]
  assert.deepEqual([first.errorCode, second.errorCode], [errorCodes.NONE, errorCodes.NONE])
  assert.equal(third.errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
  assert.match(third.errorMessage!, /2 connections/)
  await third.client.closed()
  assert.equal((await signIn(server.port, server.globex)).errorCode, errorCodes.NONE, 'another tenant comes in')
  assert.deepEqual(server.streams.throttling.describe(tenantId)!.connections, { quota: 2, open: 2 })
  await server.tenancy.changeQuotas(tenantId, { connections: 0 })
  assert.equal((await first.client.call(metadata, 9, { topics: null })).controllerId, 1)
  await server.tenancy.changeQuotas(tenantId, { connections: 2 })
  second.client[Symbol.dispose]()
  await until('there is room', () => server.streams.throttling.describe(tenantId)!.connections.open === 1)
  assert.equal((await signIn(server.port, server.acme)).errorCode, errorCodes.NONE)
})

test('connections of a tenant that come too fast are served later, and refused when that would be much later', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  await server.tenancy.changeQuotas(server.acme.tenantId, { connectionsPerSecond: 1 })
  for (let i = 0; i < 11; i++) await signIn(server.port, server.acme)
  const late = await signIn(server.port, server.acme)
  assert.equal(late.errorCode, errorCodes.NONE)
  const asked = late.client.call(apiVersions, 0, {})
  const state = { isAnswered: false }
  void asked.then(() => (state.isAnswered = true))
  const other = await signIn(server.port, server.globex)
  for (let i = 0; i < 20; i++) await other.client.call(apiVersions, 0, {})
  assert.equal(state.isAnswered, false)
  clock.advance(1_000)
  await asked
  await server.tenancy.changeQuotas(server.acme.tenantId, { connectionsPerSecond: 0 })
  assert.equal((await signIn(server.port, server.acme)).errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
})

test('before it is known whose they are, connections of one address that come too fast wait, and too many are closed', async () => {
  const clock = new ManualClock()
  const limits = { addressConnectionsPerSecond: 1, authenticationTimeoutMs: 3_000 }
  await using server = await gatewayFixture({ clock, limits })
  for (let i = 0; i < 11; i++) {
    using client = await WireClient.open(server.port)
    await client.call(apiVersions, 0, {})
  }
  using late = await WireClient.open(server.port)
  const state = { isAnswered: false }
  void late.call(apiVersions, 0, {}).then(() => (state.isAnswered = true))
  await until('it waits', () => late.socket.writableLength === 0)
  assert.equal(state.isAnswered, false)
  await until('it is answered', () => {
    clock.advance(10)
    return state.isAnswered
  })
  const more = await Promise.all(Array.from({ length: 6 }, () => WireClient.open(server.port)))
  await more.at(-1)!.closed()
  assert.match(await server.metrics.text(), /disconnections_total\{reason="full"\} [1-9]/)
})
