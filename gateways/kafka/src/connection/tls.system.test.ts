import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { makeCertificate, peer, temporaryDirectory, type TestCertificate, until } from '@koine/base/testing'
import { apiVersions, errorCodes, metadata, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import { type GatewayFixture, gatewayFixture } from '../testing/gateway-fixture.ts'
import { makeUser } from '../testing/make-user.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'
import type { TlsCertificate } from './tls-door.ts'

const skip = peer('openssl')
const directory = temporaryDirectory()
let first: TestCertificate
let second: TestCertificate
before(async () => {
  if (skip) return
  first = await makeCertificate(directory.path, { hosts: ['localhost', '*.kafka.example.com'] })
  second = await makeCertificate(directory.path, { name: 'second' })
})
after(() => directory[Symbol.asyncDispose]())

class Renewable implements TlsCertificate {
  current = { cert: first.cert, key: first.keyText }
  #listener = (): void => {}

  onRenewal(listener: () => void): Disposable {
    this.#listener = listener
    return { [Symbol.dispose]: () => (this.#listener = () => {}) }
  }

  renew({ cert, keyText }: TestCertificate): void {
    this.current = { cert, key: keyText }
    this.#listener()
  }
}

async function secured(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: first.cert, ...options })
  await once(socket, 'secureConnect')
  return socket
}

const hostOf = (tenantId: string): string => `${tenantId.replace('_', '-')}.kafka.example.com`
const allTopics = { topics: null }

async function signIn(client: WireClient, credential: { id: string; secret: string }): Promise<number> {
  await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
  return (await client.call(saslAuthenticate, 1, { authBytes: plainToken(credential) })).errorCode
}

test('a client that speaks TLS is served, in versions from 1.2 on', { skip }, async () => {
  await using server = await gatewayFixture({ certificate: new Renewable() })
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    using client = new WireClient(await secured(server.port, { minVersion: version, maxVersion: version }))
    assert.equal(await signIn(client, server.acme), errorCodes.NONE)
    assert.equal((await client.call(metadata, 9, allTopics)).clusterId, server.acme.tenantId)
  }
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await assert.rejects(secured(server.port, old))
})

test('the host name asked for can stand for the tenant, whose credentials alone are then known', { skip }, async () => {
  await using server = await gatewayFixture({ certificate: new Renewable(), advertisedHost: 'elsewhere.example.com' })
  const { acme, globex } = server
  const atAcme = async () => new WireClient(await secured(server.port, { servername: hostOf(acme.tenantId) }))
  using admin = await atAcme()
  assert.equal(await signIn(admin, acme), errorCodes.NONE)
  const { brokers } = await admin.call(metadata, 9, allTopics)
  assert.equal(brokers[0]!.host, hostOf(acme.tenantId))
  await makeUser(admin, { name: 'alice', password: 'pass' })
  for (const name of ['alice', `alice@${acme.tenantId}`]) {
    using alice = await atAcme()
    assert.ok((await alice.signInByScram('SCRAM-SHA-256', { name, password: 'pass' })).isTrusted, name)
  }
  using stranger = await atAcme()
  assert.equal(await signIn(stranger, globex), errorCodes.SASL_AUTHENTICATION_FAILED)
  for (const [name, password] of [
    [globex.id, globex.secret],
    [`alice@${globex.tenantId}`, 'pass'],
  ] as const) {
    using other = await atAcme()
    const { errorCode } = await other.signInByScram('SCRAM-SHA-256', { name, password })
    assert.equal(errorCode, errorCodes.SASL_AUTHENTICATION_FAILED)
  }
  using anywhere = new WireClient(await secured(server.port))
  assert.equal(await signIn(anywhere, acme), errorCodes.NONE)
  assert.equal((await anywhere.call(metadata, 9, allTopics)).brokers[0]!.host, 'elsewhere.example.com')
})

for (const [what, bytes] of [
  ['a Kafka request in the clear', '0000000a00120000000000010000'],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ['random bytes', '16030100ff0100'.padEnd(600, 'a7')],
] as const) {
  test(`${what} instead of TLS closes the connection`, { skip }, async () => {
    await using server = await gatewayFixture({ certificate: new Renewable() })
    const socket = connectPlain(server.port, '127.0.0.1')
    socket.on('error', () => {}) // A reset will do as well.
    socket.resume()
    socket.write(Buffer.from(bytes, 'hex'))
    await once(socket, 'close')
    assert.match(await server.metrics.text(), /reason="tls"\} 1/)
  })
}

test('handshakes that never end are bounded in time and number', { skip }, async () => {
  const limits = { handshakeTimeoutMs: 300, connectionsMax: 3 }
  await using server = await gatewayFixture({ certificate: new Renewable(), limits })
  const open = () => {
    const socket = connectPlain(server.port, '127.0.0.1')
    socket.on('error', () => {}) // A reset will do as well.
    socket.resume()
    return { socket, closed: once(socket, 'close') }
  }
  const silent = Array.from({ length: 4 }, open)
  await Promise.all(silent.map(({ closed }) => closed))
  const told = await server.metrics.text()
  assert.match(told, /reason="tls"\} 3/)
  assert.match(told, /reason="full"\} 1/)
  using client = new WireClient(await secured(server.port))
  assert.equal((await client.call(apiVersions, 3, {})).errorCode, errorCodes.NONE)
})

test('disposal doesn’t wait for a handshake', { skip }, async () => {
  const server = await gatewayFixture({ certificate: new Renewable(), limits: { handshakeTimeoutMs: 600_000 } })
  const socket = connectPlain(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {}) // A reset will do as well.
  socket.resume()
  const closed = once(socket, 'close')
  await server[Symbol.asyncDispose]()
  await closed
})

test('a renewed certificate is shown to those who come after, and the others stay', { skip }, async () => {
  const certificate = new Renewable()
  await using server = await gatewayFixture({ certificate })
  using before = new WireClient(await secured(server.port))
  assert.equal(await signIn(before, server.acme), errorCodes.NONE)
  certificate.renew(second)
  const seen = await secured(server.port, { ca: second.cert })
  assert.equal(seen.getPeerCertificate().subject.CN, 'second')
  seen.destroy()
  assert.equal((await before.call(metadata, 9, allTopics)).controllerId, 1)
})

async function kcat(server: GatewayFixture, ...words: string[]): Promise<string> {
  const flags = { 'security.protocol': 'SASL_SSL', 'ssl.ca.location': first.certificate }
  const settings = Object.entries(flags).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  const at = ['-b', `localhost:${server.port}`, '-m', '20']
  return (await promisify(execFile)('kcat', [...at, ...settings, ...words], { timeout: 30_000 })).stdout
}

test('kcat comes by TLS with each mechanism', { skip: peer('openssl', 'kcat') }, async () => {
  await using server = await gatewayFixture({ certificate: new Renewable(), advertisedHost: 'localhost' })
  using admin = new WireClient(await secured(server.port))
  await signIn(admin, server.acme)
  await admin.call(metadata, 9, { topics: [{ name: 'orders' }] })
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const credential = {
      'sasl.mechanism': mechanism,
      'sasl.username': server.acme.id,
      'sasl.password': server.acme.secret,
    }
    const words = Object.entries(credential).flatMap(([name, value]) => ['-X', `${name}=${value}`])
    assert.match(await kcat(server, ...words, '-L'), /topic "orders" with 1 partitions/, mechanism)
  }
  await until('all are gone', async () => /koine_kafka_connections 1\n/.test(await server.metrics.text()))
})
