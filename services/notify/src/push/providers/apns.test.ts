import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { systemClock, systemRandomness } from '@koine/base'
import { makeCertificate, ManualClock, peer, temporaryDirectory, type TestCertificate } from '@koine/base/testing'
import { Http2Transport } from '../../outbound/http2-transport.ts'
import { ApnsService } from '../../testing/apns-service.ts'
import { examplePush, noSignal } from '../../testing/pushes.ts'
import { Apns } from './apns.ts'

const token = 'ab'.repeat(32)
const minute = 60_000

suite('APNs, at a service over HTTP/2 that verifies tokens', { skip: peer('openssl') }, () => {
  const directory = temporaryDirectory()
  let certificate: TestCertificate
  before(async () => {
    certificate = await makeCertificate(directory.path)
  })
  after(() => directory[Symbol.asyncDispose]())

  async function scene({ timeouts = {} }: { timeouts?: { headersMs?: number } } = {}) {
    const clock = new ManualClock()
    const service = await ApnsService.open(certificate, clock)
    const transport = new Http2Transport({ clock: systemClock, ca: certificate.cert, timeouts })
    const origins = { production: service.origin, sandbox: 'https://localhost:1' }
    const provider = new Apns({ clock, randomness: systemRandomness, transport }, origins)
    const push = {
      address: { provider: 'apns', token, environment: 'production' },
      credentials: service.issue(),
      fingerprint: 'a',
      message: examplePush(clock.now()),
    } as const
    const close = async (): Promise<void> => {
      await transport[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    }
    return { clock, service, provider, push, [Symbol.asyncDispose]: close }
  }

  test('a notification arrives, with topic, collapse id, expiry and priority', async () => {
    await using at = await scene()
    assert.deepEqual(await at.provider.send(at.push, noSignal), { kind: 'delivered' })
    const [notification] = at.service.notifications
    assert.deepEqual(notification!.payload, {
      aps: {
        alert: { title: 'Asha', body: 'Hello, Ben.' },
        'thread-id': 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
        sound: 'default',
        'mutable-content': 1,
      },
      koine: {
        conversationId: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
        messageId: 'msg_01kb2x3yt4e5v8p9q0r1s2t3v9',
        seq: 42,
        senderId: 'user_01kb2x3yt4e5v8p9q0r1s2t3v6',
        sentAt: '2026-01-01T00:00:00.000Z',
      },
    })
    const { headers } = notification!
    assert.equal(headers['apns-topic'], 'com.example.chat')
    assert.equal(headers['apns-collapse-id'], 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8')
    assert.equal(headers['apns-expiration'], String(at.push.message.expiresAtMs / 1000))
    assert.equal(headers['apns-push-type'], 'alert')
  })

  test('one connection carries many notifications at once', async () => {
    await using at = await scene()
    const sent = await Promise.all(Array.from({ length: 50 }, () => at.provider.send(at.push, noSignal)))
    assert.ok(sent.every(({ kind }) => kind === 'delivered'))
    assert.deepEqual([at.service.connections, at.service.tokens.length], [1, 1])
  })

  test('the token is renewed within the hour, and not more often than every twenty minutes', async () => {
    await using at = await scene()
    for (let i = 0; i < 30; i++) {
      assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered', `after ${i * 10} minutes`)
      at.clock.advance(10 * minute)
    }
    assert.equal(at.service.tokens.length, 6)
  })

  const refusals = [
    [410, 'Unregistered', { kind: 'dead', sinceMs: 1_767_225_600_000 }],
    [410, 'ExpiredToken', { kind: 'dead', sinceMs: 1_767_225_600_000 }],
    [400, 'BadDeviceToken', { kind: 'dead' }],
    [400, 'DeviceTokenNotForTopic', { kind: 'misconfigured' }],
    [403, 'Forbidden', { kind: 'misconfigured' }],
    [413, 'PayloadTooLarge', { kind: 'rejected' }],
    [429, 'TooManyRequests', { kind: 'retry' }],
    [500, 'InternalServerError', { kind: 'retry' }],
    [503, 'Shutdown', { kind: 'retry' }],
  ] as const
  for (const [status, reason, expected] of refusals) {
    test(`${status} ${reason} means ${expected.kind}`, async () => {
      await using at = await scene()
      const timestamp = status === 410 ? { timestamp: 1_767_225_600_000 } : {}
      at.service.refusals.set(token, { status, reason, ...timestamp })
      assert.deepEqual(await at.provider.send(at.push, noSignal), {
        ...expected,
        reason: `APNs answered ${status} ${reason}`,
      })
    })
  }

  test('a key that Apple doesn’t know is a matter of configuration', async () => {
    await using at = await scene()
    const credentials = { ...at.push.credentials, keyId: 'ZZZZZZZZZZ' }
    assert.deepEqual(await at.provider.send({ ...at.push, credentials }, noSignal), {
      kind: 'misconfigured',
      reason: 'APNs answered 403 InvalidProviderToken',
    })
  })

  test('a token that Apple calls stale is replaced once it may be', async () => {
    await using at = await scene()
    await at.provider.send(at.push, noSignal)
    at.clock.advance(30 * minute)
    // Another key under the same name: tokens of the old one are void.
    const credentials = at.service.issue()
    const push = { ...at.push, credentials }
    assert.deepEqual(await at.provider.send(push, noSignal), { kind: 'delivered' })
    assert.equal(at.service.tokens.length, 2)
  })

  test('after the service took leave, or the connection broke, another connection is made', async () => {
    await using at = await scene()
    await at.provider.send(at.push, noSignal)
    at.service.goAway()
    assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered')
    at.service.breakConnections()
    const outcomes = [await at.provider.send(at.push, noSignal), await at.provider.send(at.push, noSignal)]
    assert.equal(outcomes.at(-1)!.kind, 'delivered')
    assert.ok(outcomes.every(({ kind }) => kind === 'delivered' || kind === 'retry'))
  })

  test('a service that hangs, or isn’t there, is tried again later', async () => {
    await using at = await scene({ timeouts: { headersMs: 100 } })
    at.service.hangs = true
    const hung = await at.provider.send(at.push, noSignal)
    assert.equal(hung.kind === 'retry' && /sent no answer in 100 ms/.test(hung.reason), true)
    const address = { ...at.push.address, environment: 'sandbox' } as const
    assert.equal((await at.provider.send({ ...at.push, address }, noSignal)).kind, 'retry')
  })
})
