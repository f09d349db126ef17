import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { Browser } from '../testing/browser.ts'
import { Fixture } from '../testing/notify-fixture.ts'
import type { DeviceAddress } from './device.ts'

const fixture = (limits = {}): Fixture => new Fixture({ clock: new ManualClock(), limits })
const phone = (n: number): DeviceAddress => ({
  provider: 'fcm',
  token: `registration-token-${String(n).padStart(4, '0')}`,
})
const iphone: DeviceAddress = { provider: 'apns', token: 'AB'.repeat(32), environment: 'production' }

test('devices of all kinds are registered, told and forgotten', async () => {
  await using at = fixture()
  const notify = at.node()
  const asha = at.user()
  const { p256dh, auth } = await Browser.make()
  const browser: DeviceAddress = { provider: 'web-push', endpoint: 'https://push.example.com/a', p256dh, auth }
  const made = [
    await notify.registerDevice(at.acme, asha, browser),
    await notify.registerDevice(at.acme, asha, iphone),
    await notify.registerDevice(at.acme, asha, phone(1)),
  ]
  assert.deepEqual(await notify.devices(at.acme, asha), made)
  assert.deepEqual(made[1]!.address, { ...iphone, token: 'ab'.repeat(32) })
  await notify.unregisterDevice(at.acme, asha, made[0]!.id)
  assert.deepEqual(await notify.devices(at.acme, asha), made.slice(1))
  await assert.rejects(notify.unregisterDevice(at.acme, asha, made[0]!.id), { code: 'not_found' })
  await assert.rejects(notify.unregisterDevice(at.globex, asha, made[1]!.id), { code: 'not_found' })
  await assert.rejects(notify.unregisterDevice(at.acme, at.user(), deviceIds.make(at)), { code: 'not_found' })
})

test('the same address keeps its id, and a browser’s new keys count', async () => {
  await using at = fixture()
  const notify = at.node()
  const asha = at.user()
  const [one, other] = await Promise.all([Browser.make(), Browser.make()])
  const endpoint = 'https://push.example.com/a'
  const first = await notify.registerDevice(at.acme, asha, {
    provider: 'web-push',
    endpoint,
    p256dh: one.p256dh,
    auth: one.auth,
  })
  const again = await notify.registerDevice(at.acme, asha, {
    provider: 'web-push',
    endpoint,
    p256dh: other.p256dh,
    auth: other.auth,
  })
  assert.equal(again.id, first.id)
  assert.deepEqual(await notify.devices(at.acme, asha), [again])
})

test('a phone that changes hands belongs to its new user only', async () => {
  await using at = fixture()
  const notify = at.node()
  const [asha, ben] = [at.user(), at.user()]
  await notify.registerDevice(at.acme, asha, phone(1))
  await notify.registerDevice(at.acme, ben, phone(1))
  assert.deepEqual(await notify.devices(at.acme, asha), [])
  assert.equal((await notify.devices(at.acme, ben)).length, 1)
  // In another tenant it is another matter.
  await notify.registerDevice(at.globex, asha, phone(1))
  assert.equal((await notify.devices(at.acme, ben)).length, 1)
})

test('over the limit, the device registered longest ago gives way', async () => {
  await using at = fixture({ devicesPerUserMax: 3 })
  const notify = at.node()
  const [asha, ben] = [at.user(), at.user()]
  for (const n of [1, 2, 3, 1, 4]) await notify.registerDevice(at.acme, asha, phone(n))
  const tokens = (await notify.devices(at.acme, asha)).map(({ address }) => address)
  assert.deepEqual(tokens, [phone(3), phone(1), phone(4)])
  // The address of the one that gave way is free.
  await notify.registerDevice(at.acme, ben, phone(2))
  assert.equal((await notify.devices(at.acme, asha)).length, 3)
})

test('registrations at once all count', async () => {
  await using at = fixture()
  const notify = at.node()
  const asha = at.user()
  await Promise.all([1, 2, 3, 4, 5].map((n) => notify.registerDevice(at.acme, asha, phone(n))))
  assert.equal((await notify.devices(at.acme, asha)).length, 5)
})

test('what isn’t an address is refused', async () => {
  await using at = fixture()
  const notify = at.node()
  const asha = at.user()
  const { p256dh, auth } = await Browser.make()
  const good = { provider: 'web-push', endpoint: 'https://push.example.com/a', p256dh, auth } as const
  const offCurve = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString('base64url')
  const refused: [string, DeviceAddress][] = [
    ['plain HTTP', { ...good, endpoint: 'http://push.example.com/a' }],
    ['a private address', { ...good, endpoint: 'https://10.0.0.1/a' }],
    ['loopback in hexadecimal', { ...good, endpoint: 'https://0x7f000001/a' }],
    ['a long endpoint', { ...good, endpoint: `https://push.example.com/${'x'.repeat(2100)}` }],
    ['a point off the curve', { ...good, p256dh: offCurve }],
    ['a short key', { ...good, p256dh: 'BAAA' }],
    ['a short secret', { ...good, auth: 'AAAA' }],
    ['an odd token', { ...iphone, token: 'xyz' }],
    ['a path in a token', { ...iphone, token: `${'ab'.repeat(32)}/../x` }],
    ['an unknown environment', { ...iphone, environment: 'test' } as unknown as DeviceAddress],
    ['an empty token', { provider: 'fcm', token: '' }],
    ['a token with spaces', { provider: 'fcm', token: 'a token with spaces in it' }],
    ['an unknown provider', { provider: 'pigeon', token: 'x' } as unknown as DeviceAddress],
    ['nothing', undefined as unknown as DeviceAddress],
  ]
  for (const [what, address] of refused) {
    await assert.rejects(notify.registerDevice(at.acme, asha, address), { code: 'invalid_request' }, what)
  }
})
