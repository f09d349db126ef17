import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { systemClock, systemRandomness } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { HttpTransport } from '../../outbound/http-transport.ts'
import { FcmService, refusalOf } from '../../testing/fcm-service.ts'
import { examplePush, noSignal } from '../../testing/pushes.ts'
import { Fcm } from './fcm.ts'

const token = 'fcm-token:0123456789abcdef'

async function scene() {
  const clock = new ManualClock()
  const service = await FcmService.open(clock)
  const transport = new HttpTransport({ clock: systemClock, allowPrivateAddresses: true })
  const provider = new Fcm({ clock, randomness: systemRandomness, transport }, service.origins)
  const account = JSON.parse(service.issue()) as { project_id: string; client_email: string; private_key: string }
  const push = {
    address: { provider: 'fcm', token },
    credentials: { projectId: account.project_id, clientEmail: account.client_email, privateKey: account.private_key },
    fingerprint: 'a',
    message: examplePush(clock.now()),
  } as const
  const close = async (): Promise<void> => {
    await transport[Symbol.asyncDispose]()
    await service[Symbol.asyncDispose]()
  }
  return { clock, service, provider, push, [Symbol.asyncDispose]: close }
}

suite('FCM, at a service that grants and checks access tokens', () => {
  test('a message arrives, collapsed by its conversation', async () => {
    await using at = await scene()
    assert.deepEqual(await at.provider.send(at.push, noSignal), { kind: 'delivered' })
    const [message] = at.service.messages
    assert.deepEqual(message!.notification, { title: 'Asha', body: 'Hello, Ben.' })
    assert.equal(message!.data['seq'], '42')
    assert.deepEqual(message!.android, {
      collapse_key: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
      priority: 'HIGH',
      ttl: '3600s',
      notification: { tag: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8' },
    })
  })

  test('an access token serves everybody who asks, until shortly before its end', async () => {
    await using at = await scene()
    await Promise.all(Array.from({ length: 20 }, () => at.provider.send(at.push, noSignal)))
    assert.equal(at.service.tokensGranted, 1)
    at.clock.advance(54 * 60_000)
    assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered')
    assert.equal(at.service.tokensGranted, 1)
    at.clock.advance(2 * 60_000)
    assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered')
    assert.equal(at.service.tokensGranted, 2)
  })

  test('an access token that was revoked is replaced at once', async () => {
    await using at = await scene()
    await at.provider.send(at.push, noSignal)
    at.service.revokeTokens()
    assert.equal((await at.provider.send(at.push, noSignal)).kind, 'delivered')
    assert.equal(at.service.tokensGranted, 2)
  })

  const refusals = [
    [
      'an unregistered token',
      refusalOf(404, 'NOT_FOUND', { code: 'UNREGISTERED' }),
      { kind: 'dead', reason: 'FCM answered 404 UNREGISTERED' },
    ],
    [
      'a malformed token',
      refusalOf(400, 'INVALID_ARGUMENT', { code: 'INVALID_ARGUMENT', field: 'message.token' }),
      { kind: 'dead', reason: 'FCM answered 400 INVALID_ARGUMENT' },
    ],
    [
      'another malformed field',
      refusalOf(400, 'INVALID_ARGUMENT', { code: 'INVALID_ARGUMENT', field: 'message.data[0].value' }),
      { kind: 'rejected', reason: 'FCM answered 400 INVALID_ARGUMENT' },
    ],
    [
      'another sender’s token',
      refusalOf(403, 'PERMISSION_DENIED', { code: 'SENDER_ID_MISMATCH' }),
      { kind: 'misconfigured', reason: 'FCM answered 403 SENDER_ID_MISMATCH' },
    ],
    [
      'Apple’s refusal behind it',
      refusalOf(401, 'UNAUTHENTICATED', { code: 'THIRD_PARTY_AUTH_ERROR' }),
      { kind: 'misconfigured', reason: 'FCM answered 401 THIRD_PARTY_AUTH_ERROR' },
    ],
    [
      'a full quota',
      refusalOf(429, 'RESOURCE_EXHAUSTED', { code: 'QUOTA_EXCEEDED' }),
      { kind: 'retry', reason: 'FCM answered 429 QUOTA_EXCEEDED', afterMs: 60_000 },
    ],
    [
      'an overload with a time',
      refusalOf(503, 'UNAVAILABLE', { code: 'UNAVAILABLE', headers: { 'retry-after': '30' } }),
      { kind: 'retry', reason: 'FCM answered 503 UNAVAILABLE', afterMs: 30_000 },
    ],
    ['a breakdown', refusalOf(500, 'INTERNAL'), { kind: 'retry', reason: 'FCM answered 500 INTERNAL' }],
  ] as const
  for (const [what, refusal, expected] of refusals) {
    test(`${what} means ${expected.kind}`, async () => {
      await using at = await scene()
      at.service.refusals.set(token, refusal)
      assert.deepEqual(await at.provider.send(at.push, noSignal), expected)
    })
  }

  test('a project that isn’t the account’s is a matter of configuration, and no device is given up for it', async () => {
    await using at = await scene()
    const credentials = { ...at.push.credentials, projectId: 'other' }
    assert.equal((await at.provider.send({ ...at.push, credentials }, noSignal)).kind, 'misconfigured')
  })

  test('an account that Google doesn’t know is a matter of configuration; a token endpoint that fails is tried again', async () => {
    await using at = await scene()
    const credentials = { ...at.push.credentials, clientEmail: 'nobody@example.com' }
    assert.deepEqual(await at.provider.send({ ...at.push, credentials }, noSignal), {
      kind: 'misconfigured',
      reason: 'the token endpoint answered 400 invalid_grant',
    })
    at.service.tokenRefusal = { status: 503, body: {} }
    assert.deepEqual(await at.provider.send({ ...at.push, fingerprint: 'b' }, noSignal), {
      kind: 'retry',
      reason: 'the token endpoint answered 503',
    })
    at.service.tokenRefusal = undefined
    assert.equal((await at.provider.send({ ...at.push, fingerprint: 'b' }, noSignal)).kind, 'delivered')
  })
})
