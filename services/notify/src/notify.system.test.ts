import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { suite, test } from 'node:test'
import { systemClock, systemRandomness, tenantIds } from '@koine/base'
import { makeCertificate, peer, temporaryDirectory, until } from '@koine/base/testing'
import { HttpTransport, Http2Transport } from './index.ts'
import { ApnsService } from './testing/apns-service.ts'
import { Fixture } from './testing/notify-fixture.ts'
import { WebPushService } from './testing/web-push-service.ts'
import { WebhookReceiver } from './testing/webhook-receiver.ts'

test('a push reaches a browser and an iPhone over TLS', { skip: peer('openssl') }, async () => {
  await using directory = temporaryDirectory()
  const certificate = await makeCertificate(directory.path)
  await using web = await WebPushService.open(certificate, systemClock)
  await using apple = await ApnsService.open(certificate, systemClock)
  const ca = certificate.cert
  const outbound = {
    allowPrivateAddresses: true,
    guarded: new HttpTransport({ clock: systemClock, allowPrivateAddresses: true, ca }),
    apns: new Http2Transport({ clock: systemClock, ca }),
    apnsOrigins: { production: apple.origin, sandbox: apple.origin },
  }
  await using at = new Fixture({ clock: systemClock, limits: { graceMs: 20 }, outbound })
  const notify = at.node()
  notify.start()
  const [asha, ben] = [at.user(), at.user()]
  at.conversations.names.set(asha, 'Asha')
  const { address, subscription } = await web.subscribe(await notify.webPushPublicKey(at.acme))
  await notify.registerDevice(at.acme, ben, address)
  const gone = await web.subscribe(await notify.webPushPublicKey(at.acme))
  gone.subscription.refusal = { status: 410 }
  await notify.registerDevice(at.acme, ben, gone.address)
  await notify.setPushCredentials(at.acme, { provider: 'apns', ...apple.issue() })
  await notify.registerDevice(at.acme, ben, { provider: 'apns', token: 'cd'.repeat(32), environment: 'production' })
  const { body } = at.message(at.conversation(asha, ben), asha, 'Hello, Ben.')
  await notify.onMessage(at.acme, body)
  await until('the browser has it', () => subscription.messages.length === 1)
  await until('the iPhone has it', () => apple.notifications.length === 1)
  assert.equal((JSON.parse(subscription.messages[0]!.text) as { body: string }).body, 'Hello, Ben.')
  assert.deepEqual(apple.notifications[0]!.payload.aps.alert, { title: 'Asha', body: 'Hello, Ben.' })
  await until('the dead subscription is forgotten', async () => (await notify.devices(at.acme, ben)).length === 2)
  assert.deepEqual([web.refused, apple.tokens.length], [[], 1])
})

suite('kill -9', () => {
  test('whenever the process dies, every event is delivered, in the order of its conversation', async (t) => {
    await using directory = temporaryDirectory()
    await using receiver = await WebhookReceiver.open()
    const tenant = tenantIds.make({ clock: systemClock, randomness: systemRandomness })
    const [events, conversations] = [300, 8]
    let answers = 0
    receiver.answer = (_received, response) => response.writeHead(++answers % 7 === 0 ? 503 : 204).end()
    const program = new URL('./testing/crash-notifier.ts', import.meta.url).pathname
    const start = (feed: number) => {
      const settings = [directory.path, tenant, receiver.url, String(feed), String(conversations)]
      return spawn(process.execPath, [program, ...settings], { stdio: ['ignore', 'ignore', 'inherit'] })
    }
    const takenIds = (): Set<string> => new Set(receiver.received.map(({ id }) => id))
    let kills = 0
    for (let child = start(events); ; child = start(0)) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      const goal = Math.min(events, takenIds().size + 60)
      try {
        await until(`${goal} events arrived`, () => takenIds().size >= goal, 30_000)
      } finally {
        child.kill('SIGKILL')
        await ended
      }
      if (takenIds().size === events) break
      kills++
    }
    t.diagnostic(`${kills} kills; ${receiver.received.length} deliveries of ${events} events`)
    assert.ok(kills >= 3)
    const seqs = new Map<string, number[]>()
    for (const { body } of receiver.received) {
      const { subject, data } = JSON.parse(body) as { subject: string; data: { message: { seq: number } } }
      const seen = seqs.get(subject) ?? []
      if (!seen.includes(data.message.seq)) seqs.set(subject, [...seen, data.message.seq])
    }
    assert.equal(seqs.size, conversations)
    for (const [subject, seen] of seqs)
      assert.deepEqual(
        seen,
        Array.from(seen, (_, i) => i + 1),
        subject,
      )
  })
})
