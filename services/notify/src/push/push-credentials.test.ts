import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { systemRandomness } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { Fixture } from '../testing/notify-fixture.ts'
import { makeVapidKeys } from './providers/vapid.ts'
import type { NewPushCredentials } from './push-credentials.ts'

const pem = (kind: 'P-256' | 'P-384' | 'rsa'): string => {
  const keys =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind })
  return keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
}

const apns = { provider: 'apns', teamId: 'TEAM123456', keyId: 'ABC123DEFG', topic: 'com.example.chat' } as const
const account = (privateKey: string): string =>
  JSON.stringify({ project_id: 'acme-chat', client_email: 'push@acme-chat.example.com', private_key: privateKey })

const changedAt = '2026-01-01T00:00:00.000Z'

test('credentials are told without their secrets, which do not lie in the tables as they are', async () => {
  await using at = new Fixture({ clock: new ManualClock() })
  const notify = at.node()
  const [ec, rsa] = [pem('P-256'), pem('rsa')]
  const vapid = makeVapidKeys(systemRandomness)
  const contact = 'mailto:ops@example.com'
  await notify.setPushCredentials(at.acme, { provider: 'web-push', contact, privateKey: vapid.privateKey })
  await notify.setPushCredentials(at.acme, { ...apns, privateKey: ec })
  await notify.setPushCredentials(at.acme, { provider: 'fcm', serviceAccount: account(rsa) })
  const { provider: _provider, ...apnsDetails } = apns
  const told = await notify.pushCredentials(at.acme)
  assert.deepEqual(told, [
    { provider: 'web-push', details: { publicKey: vapid.publicKey, contact }, changedAt },
    { provider: 'apns', details: apnsDetails, changedAt },
    { provider: 'fcm', details: { projectId: 'acme-chat', clientEmail: 'push@acme-chat.example.com' }, changedAt },
  ])
  const { records } = await at.acme.tables.query({ table: 'push-credentials', pk: 'all', limit: 10 })
  const kept = records.map(({ attributes }) => Buffer.from(attributes['s'] as Uint8Array).toString('latin1')).join()
  for (const secret of [vapid.privateKey, ec, rsa]) assert.ok(!kept.includes(secret.slice(0, 30)))
  assert.deepEqual(await notify.pushCredentials(at.globex), [])
  await notify.removePushCredentials(at.acme, 'apns')
  await assert.rejects(notify.removePushCredentials(at.acme, 'apns'), { code: 'not_found' })
})

test('the key for browsers is made once, when it is first asked for', async () => {
  await using at = new Fixture({ clock: new ManualClock() })
  const notify = at.node()
  const asked = await Promise.all([1, 2, 3].map(() => notify.webPushPublicKey(at.acme)))
  assert.equal(new Set(asked).size, 1)
  assert.notEqual(await notify.webPushPublicKey(at.globex), asked[0])
  const view = await notify.setPushCredentials(at.acme, {
    provider: 'web-push',
    contact: 'https://example.com/contact',
  })
  assert.deepEqual(view.details, { publicKey: asked[0], contact: 'https://example.com/contact' })
})

test('what isn’t a credential is refused, without a word of it', async () => {
  await using at = new Fixture({ clock: new ManualClock() })
  const notify = at.node()
  const contact = 'mailto:ops@example.com'
  const ec = pem('P-256')
  const refused: [string, NewPushCredentials][] = [
    ['no contact', { provider: 'web-push', contact: 'ops' }],
    ['a key of zeros', { provider: 'web-push', contact, privateKey: 'A'.repeat(43) }],
    ['a short key', { provider: 'web-push', contact, privateKey: 'AAAA' }],
    ['another curve', { ...apns, privateKey: pem('P-384') }],
    ['an RSA key for Apple', { ...apns, privateKey: pem('rsa') }],
    ['no key', { ...apns, privateKey: 'sesame' }],
    ['a short team', { ...apns, teamId: 'T', privateKey: ec }],
    ['a topic with a line break', { ...apns, topic: 'a\nb', privateKey: ec }],
    ['no JSON', { provider: 'fcm', serviceAccount: 'sesame' }],
    ['no project', { provider: 'fcm', serviceAccount: '{}' }],
    ['an elliptic key for Google', { provider: 'fcm', serviceAccount: account(ec) }],
    ['a project with a path', { provider: 'fcm', serviceAccount: account(ec).replace('acme-chat', 'a/../b') }],
  ]
  for (const [what, credentials] of refused) {
    const isRefusal = (error: unknown): boolean => {
      const { code, message } = error as { code: string; message: string }
      assert.ok(!message.includes('sesame') && !message.includes('PRIVATE KEY'), what)
      return code === 'invalid_request'
    }
    await assert.rejects(notify.setPushCredentials(at.acme, credentials), isRefusal, what)
  }
})
