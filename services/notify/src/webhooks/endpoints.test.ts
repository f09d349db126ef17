import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type WebhookEndpointId, webhookEndpointIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { Fixture } from '../testing/notify-fixture.ts'
import { TestTransport } from '../testing/test-transport.ts'
import type { NewWebhookEndpoint } from './endpoint.ts'

const url = 'https://hooks.example.com/koine'

const fixture = (limits = {}): Fixture =>
  new Fixture({ clock: new ManualClock(), outbound: { guarded: new TestTransport() }, limits })

test('an endpoint is made, told, changed and removed; its secret is shown once', async () => {
  await using at = fixture()
  const notify = at.node()
  const { secret, ...made } = await notify.createWebhookEndpoint(at.acme, { url, eventTypes: ['koine.message.sent'] })
  assert.match(secret, /^whsec_[\w+/]{43}=$/)
  assert.deepEqual(made, {
    id: made.id,
    url,
    eventTypes: ['koine.message.sent'],
    description: '',
    enabled: true,
    status: 'active',
    waiting: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
  })
  assert.deepEqual(await notify.webhookEndpoints(at.acme), [made])
  const changed = await notify.updateWebhookEndpoint(at.acme, made.id, { enabled: false, description: 'ours' })
  assert.deepEqual(changed, { ...made, enabled: false, status: 'paused', description: 'ours' })
  await notify.removeWebhookEndpoint(at.acme, made.id)
  assert.deepEqual(await notify.webhookEndpoints(at.acme), [])
  await assert.rejects(notify.removeWebhookEndpoint(at.acme, made.id), { code: 'not_found' })
})

test('the secret does not lie in the tables as it is', async () => {
  await using at = fixture()
  const { id, secret } = await at.node().createWebhookEndpoint(at.acme, { url })
  const record = await at.acme.tables.get({ table: 'webhook-endpoints', pk: 'all', sk: id })
  const sealed = Buffer.from(record!.attributes['s'] as Uint8Array)
  assert.ok(!sealed.includes(secret) && !sealed.includes(Buffer.from(secret.slice(6), 'base64')))
})

test('another tenant’s endpoint does not exist', async () => {
  await using at = fixture()
  const notify = at.node()
  const { id } = await notify.createWebhookEndpoint(at.acme, { url })
  const calls = [
    notify.webhookEndpoint(at.globex, id),
    notify.updateWebhookEndpoint(at.globex, id, { enabled: false }),
    notify.rotateWebhookSecret(at.globex, id),
    notify.removeWebhookEndpoint(at.globex, id),
    notify.webhookDeliveries(at.globex, id, { limit: 1 }),
    notify.replayWebhooksSince(at.globex, id, { sinceMs: 0 }),
  ]
  for (const call of calls) await assert.rejects(call, { code: 'not_found' })
})

test('what isn’t an endpoint is refused', async () => {
  await using at = fixture()
  const notify = at.node()
  const refused: [string, NewWebhookEndpoint][] = [
    ['plain HTTP', { url: 'http://hooks.example.com/' }],
    ['another protocol', { url: 'ftp://hooks.example.com/' }],
    ['no URL', { url: 'hooks' }],
    ['a password', { url: 'https://user:pass@hooks.example.com/' }],
    ['loopback', { url: 'https://127.0.0.1/' }],
    ['loopback in decimal', { url: 'https://2130706433/' }],
    ['loopback in octal', { url: 'https://0177.0.0.1/' }],
    ['loopback mapped into IPv6', { url: 'https://[::ffff:127.0.0.1]/' }],
    ['the metadata service', { url: 'https://169.254.169.254/latest/' }],
    ['a unique local address', { url: 'https://[fd00:ec2::254]/' }],
    ['the port of Redis', { url: 'https://hooks.example.com:6379/' }],
    ['the port of SSH', { url: 'https://hooks.example.com:22/' }],
    ['a long URL', { url: `${url}?${'x'.repeat(3000)}` }],
    ['a type with spaces', { url, eventTypes: ['a b'] }],
    ['too many types', { url, eventTypes: Array.from({ length: 51 }, (_, i) => `type.${i}`) }],
    ['a long description', { url, description: 'x'.repeat(201) }],
    ['a short secret', { url, secret: 'whsec_AAAA' }],
  ]
  for (const [what, endpoint] of refused) {
    await assert.rejects(notify.createWebhookEndpoint(at.acme, endpoint), { code: 'invalid_request' }, what)
  }
  assert.deepEqual(await notify.webhookEndpoints(at.acme), [])
})

test('a tenant has as many endpoints as it may, also when they are made at once', async () => {
  await using at = fixture({ endpointsMax: 3 })
  const notify = at.node()
  const made = await Promise.allSettled(Array.from({ length: 6 }, () => notify.createWebhookEndpoint(at.acme, { url })))
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 3)
  const [first] = await notify.webhookEndpoints(at.acme)
  await notify.removeWebhookEndpoint(at.acme, first!.id)
  await notify.createWebhookEndpoint(at.acme, { url })
  assert.equal((await notify.webhookEndpoints(at.acme)).length, 3)
})

test('a call that was interrupted is finished under its id', async () => {
  await using at = fixture({ endpointsMax: 1 })
  const notify = at.node()
  const id: WebhookEndpointId = webhookEndpointIds.make(at)
  const first = await notify.createWebhookEndpoint(at.acme, { url, id })
  const again = await notify.createWebhookEndpoint(at.acme, { url, id })
  assert.notEqual(again.secret, first.secret)
  assert.equal((await notify.webhookEndpoints(at.acme)).length, 1)
})
