import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { systemClock, systemRandomness } from '@koine/base'
import { makeCertificate, ManualClock, peer, temporaryDirectory, type TestCertificate } from '@koine/base/testing'
import { HttpTransport } from '../../outbound/http-transport.ts'
import { examplePush, noSignal } from '../../testing/pushes.ts'
import { WebPushService } from '../../testing/web-push-service.ts'
import { makeVapidKeys, vapidPublicKey } from './vapid.ts'
import { WebPush } from './web-push.ts'

suite('Web Push, at a service that decrypts and verifies', { skip: peer('openssl') }, () => {
  const directory = temporaryDirectory()
  let certificate: TestCertificate
  before(async () => {
    certificate = await makeCertificate(directory.path)
  })
  after(() => directory[Symbol.asyncDispose]())

  async function scene() {
    const clock = new ManualClock()
    const service = await WebPushService.open(certificate, clock)
    const transport = new HttpTransport({ clock: systemClock, allowPrivateAddresses: true, ca: certificate.cert })
    const provider = new WebPush({ clock, randomness: systemRandomness, transport })
    const credentials = { ...makeVapidKeys(systemRandomness), contact: 'mailto:ops@example.com' }
    const { address, subscription } = await service.subscribe(credentials.publicKey)
    const push = { address, credentials, fingerprint: 'a', message: examplePush(clock.now()) }
    const close = async (): Promise<void> => {
      await transport[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    }
    return { clock, service, provider, credentials, subscription, push, [Symbol.asyncDispose]: close }
  }

  test('a message is read by the browser, with its life, urgency and topic', async () => {
    await using at = await scene()
    assert.deepEqual(await at.provider.send(at.push, noSignal), { kind: 'delivered' })
    assert.deepEqual(at.service.refused, [])
    const [message] = at.subscription.messages
    assert.deepEqual(JSON.parse(message!.text), {
      title: 'Asha',
      body: 'Hello, Ben.',
      conversationId: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
      messageId: 'msg_01kb2x3yt4e5v8p9q0r1s2t3v9',
      seq: 42,
      senderId: 'user_01kb2x3yt4e5v8p9q0r1s2t3v6',
      sentAt: '2026-01-01T00:00:00.000Z',
    })
    assert.deepEqual(
      [message!.ttl, message!.urgency, message!.topic],
      ['3600', 'high', 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8'],
    )
  })

  test('connection and token are used again, and the token is made anew before it ends', async () => {
    await using at = await scene()
    for (let hours = 0; hours <= 24; hours++) {
      assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered', `hour ${hours}`)
      at.clock.advance(3_600_000)
    }
    assert.equal(at.service.connections, 1)
    assert.equal(at.service.tokens.size, 3)
  })

  test('the longest preview fits', async () => {
    await using at = await scene()
    const message = { ...at.push.message, title: '界'.repeat(100), body: '"'.repeat(200) }
    assert.equal((await at.provider.send({ ...at.push, message }, noSignal)).kind, 'delivered')
  })

  test('a wall clock that was set back makes a new token', async () => {
    await using at = await scene()
    await at.provider.send(at.push, noSignal)
    at.clock.jumpWall(-48 * 3_600_000)
    assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered')
    assert.equal(at.service.tokens.size, 2)
  })

  const answers = [
    [404, {}, { kind: 'dead', reason: 'the push service answered 404' }],
    [410, {}, { kind: 'dead', reason: 'the push service answered 410' }],
    [413, {}, { kind: 'rejected', reason: 'the push service answered 413' }],
    [307, { location: 'https://169.254.169.254/' }, { kind: 'rejected', reason: 'the push service answered 307' }],
    [429, { 'retry-after': '120' }, { kind: 'retry', reason: 'the push service answered 429', afterMs: 120_000 }],
    [
      429,
      { 'retry-after': 'Thu, 01 Jan 2026 00:05:00 GMT' },
      { kind: 'retry', reason: 'the push service answered 429', afterMs: 300_000 },
    ],
    [503, {}, { kind: 'retry', reason: 'the push service answered 503' }],
  ] as const
  for (const [status, headers, expected] of answers) {
    test(`${status} ${JSON.stringify(headers)} means ${expected.kind}`, async () => {
      await using at = await scene()
      at.subscription.refusal = { status, headers }
      assert.deepEqual(await at.provider.send(at.push, noSignal), expected)
    })
  }

  test('keys that the browser did not subscribe with are a matter of configuration', async () => {
    await using at = await scene()
    const credentials = { ...makeVapidKeys(systemRandomness), contact: 'mailto:ops@example.com' }
    const outcome = await at.provider.send({ ...at.push, credentials, fingerprint: 'b' }, noSignal)
    assert.equal(outcome.kind, 'misconfigured')
    assert.deepEqual(at.service.refused, ['another key than the one subscribed with'])
  })

  test('a service that isn’t there, or whose certificate nobody vouches for, is tried again', async () => {
    await using at = await scene()
    const transport = new HttpTransport({ clock: systemClock, allowPrivateAddresses: true })
    await using _closing = transport
    const provider = new WebPush({ clock: at.clock, randomness: systemRandomness, transport })
    const outcome = await provider.send(at.push, noSignal)
    assert.equal(outcome.kind, 'retry')
    const guarded = new HttpTransport({
      clock: systemClock,
      allowPrivateAddresses: false,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    await using _alsoClosing = guarded
    const refused = new WebPush({ clock: at.clock, randomness: systemRandomness, transport: guarded })
    assert.equal((await refused.send(at.push, noSignal)).kind, 'dead')
    assert.equal(at.subscription.messages.length, 0)
  })
})

test('a private key has one public key', () => {
  const keys = makeVapidKeys(systemRandomness)
  assert.equal(vapidPublicKey(keys.privateKey), keys.publicKey)
  assert.equal(Buffer.from(keys.publicKey, 'base64url').length, 65)
})
