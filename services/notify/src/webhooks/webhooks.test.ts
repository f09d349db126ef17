import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { until } from '@koine/base/testing'
import { Fixture } from '../testing/notify-fixture.ts'
import { WebhookReceiver } from '../testing/webhook-receiver.ts'

test('an event is delivered, signed, once', async () => {
  await using receiver = await WebhookReceiver.open()
  await using at = new Fixture({ clock: systemClock, outbound: { allowPrivateAddresses: true } })
  const notify = at.node()
  notify.start()
  const { id, secret } = await notify.createWebhookEndpoint(at.acme, { url: receiver.url })
  receiver.trust(secret)
  const asha = at.user()
  const { body, message } = at.message(at.conversation(asha), asha)
  await notify.onMessage(at.acme, body)
  await notify.onMessage(at.acme, body)
  await until('it was delivered', () => receiver.received.length > 0)
  const delivery = await until('it is told', async () => {
    const [delivery] = (await notify.webhookDeliveries(at.acme, id, { limit: 10 })).deliveries
    return delivery?.state === 'delivered' ? delivery : undefined
  })
  assert.equal(receiver.received.length, 1)
  assert.equal(receiver.received[0]!.body, body)
  assert.equal(receiver.received[0]!.id, delivery.id)
  assert.equal(delivery.subject, message.conversationId)
  assert.deepEqual(receiver.refused, [])
})
