import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersions, errorCodes, metadata, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import { handlers } from '../handlers/index.ts'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'

const allTopics = { topics: null }

test('a client learns the versions before it authenticates: those of the handlers', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  for (const version of [0, 1, 2, 3, 4]) {
    const { errorCode, apiKeys } = await client.call(apiVersions, version, {})
    assert.equal(errorCode, errorCodes.NONE)
    const told = apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion])
    const served = handlers.map(({ api, versions }) => [api.key, versions.min, versions.max])
    assert.deepEqual(
      told,
      served.sort(([a = 0], [b = 0]) => a - b),
    )
  }
})

test('clients learn that groups of the newer protocol are served, and transactions of the newer one aren’t', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  const finalized = [{ name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 }]
  const supported = [{ name: 'group.version', minVersion: 0, maxVersion: 1 }]
  for (const version of [3, 4]) {
    const told = await client.call(apiVersions, version, {})
    assert.deepEqual(told.finalizedFeatures, finalized)
    assert.equal(told.finalizedFeaturesEpoch, 0)
    assert.deepEqual(told.supportedFeatures, version === 4 ? supported : [])
  }
})

test('ApiVersions from the future is answered in version 0, and the client may ask again', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  client.socket.write(Buffer.from('0000000a' + '0012' + '0063' + '00000007' + 'ffff', 'hex'))
  const future = await client.receive(apiVersions, 0)
  assert.equal(future.correlationId, 7)
  assert.equal(future.errorCode, errorCodes.UNSUPPORTED_VERSION)
  assert.equal(future.apiKeys.find(({ apiKey }) => apiKey === 18)?.maxVersion, 4)
  assert.equal((await client.call(apiVersions, 3, {})).errorCode, errorCodes.NONE)
})

test('an API key signs in', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.signIn(server.port, server.acme)
  assert.equal((await client.call(metadata, 9, allTopics)).clusterId, server.acme.tenantId)
})

test('after a handshake of version 0 the token travels bare', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  await client.call(saslHandshake, 0, { mechanism: 'PLAIN' })
  const token = plainToken(server.acme)
  const size = Buffer.alloc(4)
  size.writeInt32BE(token.length)
  client.socket.write(Buffer.concat([size, token]))
  assert.equal((await client.frame())?.length, 0)
  assert.equal((await client.call(metadata, 1, allTopics)).controllerId, 1)
})

test('whatever needs a tenant closes a connection that has none', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  client.send(metadata, 9, allTopics)
  await client.closed()
})

const tokens: readonly [what: string, token: (id: string, secret: string) => string][] = [
  ['a wrong secret', (id) => `\u0000${id}\u0000wrong`],
  ['an unknown key', (_, secret) => `\u0000key_01h455vb4pex5vsknk084sn02q\u0000${secret}`],
  ['something else than a key', (_, secret) => `\u0000admin\u0000${secret}`],
  ['another identity to act as', (id, secret) => `other\u0000${id}\u0000${secret}`],
  ['too many parts', (id, secret) => `\u0000${id}\u0000${secret}\u0000`],
  ['too few parts', (id) => id],
  ['nothing', () => ''],
]

for (const [what, token] of tokens) {
  test(`a token with ${what} is refused, and the connection closed`, async () => {
    await using server = await gatewayFixture()
    using client = await WireClient.open(server.port)
    await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
    const authBytes = Buffer.from(token(server.acme.id, server.acme.secret))
    const answer = await client.call(saslAuthenticate, 2, { authBytes })
    assert.equal(answer.errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
    assert.ok(!answer.errorMessage?.includes(server.acme.secret))
    await client.closed()
  })
}

test('a mechanism that isn’t served is refused with those that are', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  const answer = await client.call(saslHandshake, 1, { mechanism: 'GSSAPI' })
  assert.equal(answer.errorCode, errorCodes.UNSUPPORTED_SASL_MECHANISM)
  assert.deepEqual(answer.mechanisms, ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
  await client.closed()
})

test('a token without a handshake is refused', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  const answer = await client.call(saslAuthenticate, 1, { authBytes: plainToken(server.acme) })
  assert.equal(answer.errorCode, errorCodes.ILLEGAL_SASL_STATE)
  await client.closed()
})

test('revoking a key ends its connections and no others', async () => {
  await using server = await gatewayFixture()
  using ours = await WireClient.signIn(server.port, server.acme)
  const second = await server.tenancy.createApiKey(server.acme.tenantId, {})
  using kept = await WireClient.signIn(server.port, second)
  await server.tenancy.revokeApiKey(server.acme.tenantId, server.acme.id as never)
  await ours.closed()
  assert.equal((await kept.call(metadata, 9, allTopics)).controllerId, 1)
})

test('suspending a tenant ends all its connections and no other tenant’s', async () => {
  await using server = await gatewayFixture()
  using suspended = await WireClient.signIn(server.port, server.acme)
  using kept = await WireClient.signIn(server.port, server.globex)
  await server.tenancy.suspendTenant(server.acme.tenantId)
  await suspended.closed()
  assert.equal((await kept.call(metadata, 9, allTopics)).controllerId, 1)
})
