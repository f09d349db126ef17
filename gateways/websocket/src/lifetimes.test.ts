import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { closeCodes } from '@koine/protocols-realtime'
import { RealtimeFixture } from './realtime-fixture.ts'

test('a client that does not say who it is within ten seconds is closed', async () => {
  await using fixture = await RealtimeFixture.open()
  const client = await fixture.client()
  fixture.clock.advance(9000)
  await until('it is counted', () => fixture.gateway.connections === 1)
  assert.equal(client.closedWith, undefined)
  fixture.clock.advance(2000)
  assert.deepEqual(await client.closed(), { ...closeCodes.authenticationTimeout })
})

test('a client that is being let in for ten seconds is closed, and let go of when it comes to be', async () => {
  let release: (() => void) | undefined
  let armed = false
  const faults = {
    before: (operation: string) =>
      armed && operation.startsWith('cache.subscribe')
        ? new Promise<void>((resolve) => (release = resolve))
        : undefined,
    after: () => {},
  }
  await using fixture = await RealtimeFixture.open({ faults })
  const { asha } = await fixture.pair()
  const client = await fixture.client()
  armed = true
  client.send({ type: 'connect', token: asha.token })
  await until('it subscribes', () => release)
  fixture.clock.advance(11_000)
  assert.deepEqual(await client.closed(), { ...closeCodes.authenticationTimeout })
  release!()
  await until('it is gone', () => fixture.gateway.connections === 0)
})

test('a client that answers pings stays, one that does not is closed after two intervals', async () => {
  await using fixture = await RealtimeFixture.open({ limits: { heartbeatMs: 10_000 } })
  const { asha, ben } = await fixture.pair()
  const [alive, silent] = [await fixture.connect(asha), await fixture.connect(ben)]
  let pings = 0
  alive.socket.on('ping', () => pings++)
  silent.socket.pause()
  for (let round = 1; round <= 4; round++) {
    fixture.clock.advance(10_000)
    await until('the ping is there', () => pings >= round)
    alive.send({ type: 'ping' })
    await alive.next('pong')
  }
  silent.socket.resume()
  assert.deepEqual(await silent.closed(), { ...closeCodes.heartbeatMissed })
  assert.equal(alive.closedWith, undefined)
})

test('a connection ends with its token', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const { token } = await fixture.tenancy.mintUserToken(asha.scope, asha.id, { expiresInMs: 20_000 })
  const client = await fixture.connect({ token })
  fixture.clock.advance(18_000)
  client.send({ type: 'ping' })
  await client.next('pong')
  fixture.clock.advance(4000)
  assert.deepEqual(await client.closed(), { ...closeCodes.tokenExpired })
  const late = await fixture.client()
  late.send({ type: 'connect', token })
  assert.deepEqual(await late.closed(), { ...closeCodes.unauthenticated })
})

test('suspending a tenant closes its connections and no others, and keeps it out', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const other = await fixture.connect(await (await fixture.tenant('globex')).person('Mallory'))
  const client = await fixture.connect(asha)
  await fixture.tenancy.suspendTenant(asha.scope.tenantId)
  assert.deepEqual(await client.closed(), { ...closeCodes.tenantSuspended })
  const again = await fixture.client()
  again.send({ type: 'connect', token: asha.token })
  assert.deepEqual(await again.closed(), { ...closeCodes.tenantSuspended })
  other.send({ type: 'ping' })
  await other.next('pong')
})

test('deleting a tenant closes its connections', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const client = await fixture.connect(asha)
  await fixture.tenancy.deleteTenant(asha.scope.tenantId)
  assert.deepEqual(await client.closed(), { ...closeCodes.unauthenticated })
})

test('revoking an API key leaves users alone, whose tokens do not depend on it', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const key = await fixture.tenancy.createApiKey(asha.scope.tenantId)
  const client = await fixture.connect(asha)
  await fixture.tenancy.revokeApiKey(asha.scope.tenantId, key.id)
  client.send({ type: 'ping' })
  await client.next('pong')
})

test('a store that fails while a client is let in closes it with a code that says reconnect', async () => {
  let armed = false
  const faults = {
    before: (operation: string) => {
      if (armed && operation.startsWith('cache.subscribe')) throw new Error('The cache is away.')
    },
    after: () => {},
  }
  await using fixture = await RealtimeFixture.open({ faults })
  const { asha } = await fixture.pair()
  armed = true
  const client = await fixture.client()
  client.send({ type: 'connect', token: asha.token })
  assert.deepEqual(await client.closed(), { ...closeCodes.internal })
  armed = false
  await fixture.connect(asha)
})
