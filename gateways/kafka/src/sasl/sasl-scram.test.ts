import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCodes, metadata, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import { scramMechanisms } from '@koine/services-tenancy'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { makeUser } from '../testing/make-user.ts'
import { attributesOf, ScramClient } from '../testing/scram-client.ts'
import { WireClient } from '../testing/wire-client.ts'

const allTopics = { topics: null }

for (const mechanism of scramMechanisms) {
  test(`an API key signs in by ${mechanism}, and the server proves itself as well`, async () => {
    await using server = await gatewayFixture()
    for (const gs2Header of ['n,,', 'y,,', `n,a=${server.acme.id},`]) {
      using client = await WireClient.open(server.port)
      const { id: name, secret: password } = server.acme
      const answer = await client.signInByScram(mechanism, { name, password, gs2Header })
      assert.equal(answer.errorCode, errorCodes.NONE)
      assert.ok(answer.isTrusted)
      assert.equal((await client.call(metadata, 9, allTopics)).clusterId, server.acme.tenantId)
    }
  })

  test(`a user of the virtual cluster signs in by ${mechanism} with the name of the tenant`, async () => {
    await using server = await gatewayFixture()
    using admin = await WireClient.signIn(server.port, server.acme)
    assert.equal(await makeUser(admin, { name: 'a=b,c@d', password: 'pass', mechanism }), errorCodes.NONE)
    using client = await WireClient.open(server.port)
    const name = `a=b,c@d@${server.acme.tenantId}`
    const answer = await client.signInByScram(mechanism, { name, password: 'pass' })
    assert.ok(answer.isTrusted)
    assert.equal((await client.call(metadata, 9, allTopics)).clusterId, server.acme.tenantId)
  })
}

test('after a handshake of version 0 the messages travel bare', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  await client.call(saslHandshake, 0, { mechanism: 'SCRAM-SHA-256' })
  const scram = new ScramClient('SCRAM-SHA-256', { name: server.acme.id, password: server.acme.secret })
  const sendBare = (token: Uint8Array): void => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(token.length)
    client.socket.write(Buffer.concat([length, token]))
  }
  sendBare(scram.first())
  sendBare(scram.final((await client.frame())!))
  assert.ok(scram.trusts((await client.frame())!))
  assert.equal((await client.call(metadata, 1, allTopics)).controllerId, 1)
})

test('the salt of an unknown name is like those that Kafka’s tools and API keys have', async () => {
  await using server = await gatewayFixture()
  const saltOf = async (name: string): Promise<Buffer> => {
    using client = await WireClient.open(server.port)
    const { challenge } = await client.signInByScram('SCRAM-SHA-256', { name, password: 'wrong' })
    return Buffer.from(attributesOf(challenge).s!, 'base64')
  }
  for (const name of ['nobody', `nobody@${server.acme.tenantId}`]) {
    // 130 bits in digits of base 36, as text.
    assert.match((await saltOf(name)).toString('latin1'), /^[0-9a-z]{20,26}$/, name)
  }
  const lengths = await Promise.all([server.acme.id, 'key_01h455vb4pex5vsknk084sn02q'].map(saltOf))
  assert.deepEqual(
    lengths.map(({ length }) => length),
    [16, 16],
  )
})

test('a wrong password, an unknown name and another tenant’s user are answered alike, to the last step', async () => {
  await using server = await gatewayFixture()
  const { acme, globex } = server
  using admin = await WireClient.signIn(server.port, acme)
  await makeUser(admin, { name: 'alice', password: 'right' })
  const names = [
    acme.id,
    'key_01h455vb4pex5vsknk084sn02q',
    `alice@${acme.tenantId}`,
    `nobody@${acme.tenantId}`,
    `alice@${globex.tenantId}`,
    'alice@tenant_01h455vb4pex5vsknk084sn02q',
    'alice',
    'nobody',
  ]
  const answers = new Set<string>()
  for (const name of names) {
    using client = await WireClient.open(server.port)
    const { errorCode, errorMessage, challenge } = await client.signInByScram('SCRAM-SHA-256', {
      name,
      password: 'wrong',
    })
    const { s, i } = attributesOf(challenge)
    assert.ok(Number(i) >= 4096 && Buffer.from(s!, 'base64').length > 8, name)
    answers.add(JSON.stringify([errorCode, errorMessage]))
    await client.closed()
  }
  assert.equal(answers.size, 1)
  assert.match([...answers][0]!, /^\[58,/)
})

test('an unknown name has the same salt each time, as a known one has', async () => {
  await using server = await gatewayFixture()
  const saltOf = async (name: string): Promise<string | undefined> => {
    using client = await WireClient.open(server.port)
    const { challenge } = await client.signInByScram('SCRAM-SHA-512', { name, password: 'x' })
    return attributesOf(challenge).s
  }
  assert.equal(await saltOf('nobody'), await saltOf('nobody'))
  assert.notEqual(await saltOf('nobody'), await saltOf('somebody'))
})

test('a key that was revoked, and a tenant that was suspended, are refused once they have proven themselves', async () => {
  await using server = await gatewayFixture()
  const revoked = await server.tenancy.createApiKey(server.acme.tenantId, {})
  await server.tenancy.revokeApiKey(server.acme.tenantId, revoked.id)
  await server.tenancy.suspendTenant(server.globex.tenantId)
  for (const { id, secret } of [revoked, server.globex]) {
    using client = await WireClient.open(server.port)
    const answer = await client.signInByScram('SCRAM-SHA-256', { name: id, password: secret })
    assert.equal(answer.errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
    await client.closed()
  }
})

test('a key of before there was SCRAM is told what to do', async () => {
  await using server = await gatewayFixture()
  const old = await server.tenancy.createApiKey(server.acme.tenantId, {})
  const record = { table: 'api-keys', pk: server.acme.tenantId, sk: old.id }
  await server.stores.tables.control.write({ operations: [{ update: record, remove: ['scram'] }] })
  using client = await WireClient.open(server.port)
  const answer = await client.signInByScram('SCRAM-SHA-256', { name: old.id, password: old.secret })
  assert.match(answer.errorMessage!, /from before there was SCRAM.*PLAIN/)
})

const malformedFirsts = [
  '',
  'n',
  'p=tls-unique,,n=a,r=x',
  'n,,n=,r=x',
  'n,,n=a',
  'n,,r=x,n=a',
  'n,,n=a,r=',
  'n,,m=1,n=a,r=x',
]
const malformedNames = [
  'n,,n=a=b,r=x',
  'n,,n=a=2D,r=x',
  'n,a=other,n=a,r=x',
  'n,,n=a,r=x y',
  'n,,n=a,r=x,m=1',
  `n,,n=${'a'.repeat(9_000)},r=x`,
]

for (const message of [...malformedFirsts, ...malformedNames]) {
  test(`a first message of ${JSON.stringify(message.slice(0, 40))} is refused`, async () => {
    await using server = await gatewayFixture()
    using client = await WireClient.open(server.port)
    await client.call(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
    const answer = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from(message) })
    assert.equal(answer.errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
    await client.closed()
  })
}

const finals: readonly [what: string, change: (final: string) => string][] = [
  ['another channel binding', (final) => final.replace('c=biws', 'c=eSws')],
  ['another nonce', (final) => final.replace(',p=', 'x,p=')],
  ['no proof', (final) => final.replace(/,p=.*/, '')],
  ['a short proof', (final) => final.replace(/,p=.*/, ',p=AAAA')],
  ['a wrong proof', (final) => final.replace(/,p=..../, ',p=AAAA')],
  ['a mandatory extension', (final) => final.replace(',p=', ',m=1,p=')],
  ['nothing', () => ''],
]

for (const [what, change] of finals) {
  test(`a final message with ${what} is refused`, async () => {
    await using server = await gatewayFixture()
    using client = await WireClient.open(server.port)
    const scram = new ScramClient('SCRAM-SHA-256', { name: server.acme.id, password: server.acme.secret })
    await client.call(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
    const first = await client.call(saslAuthenticate, 2, { authBytes: scram.first() })
    const final = change(Buffer.from(scram.final(first.authBytes)).toString())
    const answer = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from(final) })
    assert.equal(answer.errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
    await client.closed()
  })
}

test('a proof can’t be used twice', async () => {
  await using server = await gatewayFixture()
  using client = await WireClient.open(server.port)
  using replaying = await WireClient.open(server.port)
  const scram = new ScramClient('SCRAM-SHA-256', { name: server.acme.id, password: server.acme.secret })
  for (const each of [client, replaying]) await each.call(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
  const first = await client.call(saslAuthenticate, 2, { authBytes: scram.first() })
  const authBytes = scram.final(first.authBytes)
  assert.equal((await client.call(saslAuthenticate, 2, { authBytes })).errorCode, errorCodes.NONE)
  await replaying.call(saslAuthenticate, 2, { authBytes: scram.first() })
  assert.notEqual((await replaying.call(saslAuthenticate, 2, { authBytes })).errorCode, errorCodes.NONE)
})
