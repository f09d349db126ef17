// Delivers the events of a log until it is killed. The first life makes the endpoint and feeds the log. The other half of
// notify.system.test.ts.
import { conversationIds, Metrics, silentLogger, systemClock, systemRandomness, tenantIds, userIds } from '@koine/base'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { EventLog, scopeTo } from '@koine/stores-ports'
import { Notify } from '../notify.ts'
import { eventText } from './notify-fixture.ts'

const [directory, tenantText, url, feed, conversationCount] = process.argv.slice(2)
const tenant = tenantIds.parse(tenantText)
if (!directory || !tenant || !url)
  throw new Error('Usage: crash-notifier <directory> <tenant> <url> <feed> <conversations>')

const source = { clock: systemClock, randomness: systemRandomness }
const metrics = new Metrics()
const stores = await openEmbeddedStores({ directory, ...source, logger: silentLogger, metrics })
const scope = scopeTo(stores, tenant)
const notify = new Notify({
  ...source,
  logger: silentLogger,
  metrics,
  queue: stores.queue,
  scope: (id) => scopeTo(stores, id),
  conversations: {
    recipients: async () => [],
    acknowledged: async () => true,
    newestMessage: async () => undefined,
    userName: async () => undefined,
  },
  sealingKeys: [new Uint8Array(32)],
  contact: 'mailto:operator@example.com',
  limits: { deliveryRetriesMs: Array<number>(100).fill(20), turnMsMax: 1500 },
  outbound: { allowPrivateAddresses: true },
})

if (Number(feed) > 0) {
  await scope.log.createTopic({ name: 'koine.messages', partitions: 3 })
  await notify.createWebhookEndpoint(scope, { url })
  const events = new EventLog(scope.log, source)
  const [sender, conversations] = [
    userIds.make(source),
    Array.from({ length: Number(conversationCount) }, () => conversationIds.make(source)),
  ]
  for (let i = 0; i < Number(feed); i++) {
    const conversationId = conversations[i % conversations.length]!
    const seq = Math.floor(i / conversations.length) + 1
    await events.append('koine.messages', conversationId, [
      { value: Buffer.from(eventText(source, { conversationId, seq, senderId: sender, text: `${i}` }).body) },
    ])
  }
}
notify.start()
notify.add(tenant)
// Timers of the clock don't keep a process.
setInterval(() => {}, 60_000)
