import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, silentLogger, systemClock, systemRandomness } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { EventLog } from '@koine/stores-ports'
import { FcmService, refusalOf } from './testing/fcm-service.ts'
import { Fixture } from './testing/notify-fixture.ts'
import { WebhookReceiver } from './testing/webhook-receiver.ts'

const common = { clock: systemClock, randomness: systemRandomness, logger: silentLogger }
const limits = {
  graceMs: 50,
  deliveryRetriesMs: Array<number>(20).fill(100),
  pushRetriesMs: Array<number>(9).fill(100),
}

const token = (name: string): string => `registration-token-of-${name}`

test('over the embedded stores, events of the log become webhooks and pushes, also over a restart', async () => {
  await using directory = temporaryDirectory()
  await using receiver = await WebhookReceiver.open()
  await using fcm = await FcmService.open(systemClock)
  const outbound = { allowPrivateAddresses: true, fcmOrigins: fcm.origins }
  await using stores = await openEmbeddedStores({ directory: directory.path, ...common, metrics: new Metrics() })
  await using at = new Fixture({ clock: systemClock, stores, limits, outbound })
  const { acme } = at
  await acme.log.createTopic({ name: 'koine.messages', partitions: 2 })
  const events = new EventLog(acme.log, common)
  const first = at.node()
  const { id, secret } = await first.createWebhookEndpoint(acme, { url: receiver.url })
  receiver.trust(secret)
  await first.setPushCredentials(acme, { provider: 'fcm', serviceAccount: fcm.issue() })
  const [asha, ben, carl] = [at.user(), at.user(), at.user()]
  await first.registerDevice(acme, ben, { provider: 'fcm', token: token('ben') })
  await first.registerDevice(acme, carl, { provider: 'fcm', token: token('carl') })
  fcm.refusals.set(token('carl'), refusalOf(404, 'NOT_FOUND', { code: 'UNREGISTERED' }))
  const group = at.conversation(asha, ben, carl)

  const expected: string[] = []
  const say = async (text: string): Promise<void> => {
    const { body } = at.message(group, asha, text)
    expected.push((JSON.parse(body) as { id: string }).id)
    await events.append('koine.messages', group, [{ value: Buffer.from(body) }])
  }
  receiver.answer = (_received, response) => response.writeHead(500).end()
  await events.append('koine.messages', group, [{ value: Buffer.from('no event') }])
  for (let i = 0; i < 5; i++) await say(`before ${i}`)
  first.start()
  first.add(acme.tenantId)
  await until('an attempt failed', () => receiver.received.length > 0)
  await first[Symbol.asyncDispose]()

  const second = at.node()
  second.start()
  second.add(acme.tenantId)
  receiver.answer = (_received, response) => response.writeHead(204).end()
  for (let i = 0; i < 5; i++) await say(`after ${i}`)
  await until('all was delivered', async () => {
    const { deliveries } = await second.webhookDeliveries(acme, id, { limit: 100 })
    return deliveries.length === 10 && deliveries.every(({ state }) => state === 'delivered')
  })
  assert.deepEqual([...new Set(receiver.received.map((received) => received.id))], expected)
  assert.deepEqual(receiver.refused, [])
  assert.equal((await second.webhookEndpoint(acme, id)).waiting, 0)

  await until('Ben was told of the last', () => fcm.messages.at(-1)?.data['seq'] === '10')
  assert.ok(fcm.messages.every((message) => message.token === token('ben')))
  await until('Carl’s device is forgotten', async () => (await second.devices(acme, carl)).length === 0)
  await second.remove(acme.tenantId)
})
