import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConversationId, WebhookEndpointId } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { NotifyLimits } from '../limits.ts'
import type { Notify } from '../notify.ts'
import { OutboundFailure } from '../outbound/transport.ts'
import { drive, pass, settle } from '../testing/drive.ts'
import { Fixture } from '../testing/notify-fixture.ts'
import { answer, type Handler, TestTransport, textOf } from '../testing/test-transport.ts'
import type { Delivery } from './endpoint.ts'

const url = 'https://hooks.example.com/koine'
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** One endpoint of a tenant, over a way out that answers as a test says. */
class Scene implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly transport = new TestTransport()
  readonly at: Fixture
  readonly notify: Notify
  id!: WebhookEndpointId
  readonly asha
  one!: ConversationId
  other!: ConversationId

  constructor(limits: Partial<NotifyLimits>) {
    this.at = new Fixture({ clock: this.clock, outbound: { guarded: this.transport }, limits })
    this.notify = this.at.node()
    this.notify.start()
    this.asha = this.at.user()
  }

  static async open(limits: Partial<NotifyLimits> = {}): Promise<Scene> {
    const scene = new Scene(limits)
    scene.id = (await scene.notify.createWebhookEndpoint(scene.at.acme, { url })).id
    scene.one = scene.at.conversation(scene.asha)
    scene.other = scene.at.conversation(scene.asha)
    return scene
  }

  async say(conversation: ConversationId, text: string): Promise<void> {
    await this.notify.onMessage(this.at.acme, this.at.message(conversation, this.asha, text).body)
  }

  /** The texts that arrived, in their order. */
  get texts(): string[] {
    return this.transport.requests.map((request) => wordOf(textOf(request)))
  }

  deliveries(): Promise<readonly Delivery[]> {
    return this.notify.webhookDeliveries(this.at.acme, this.id, { limit: 100 }).then((page) => page.deliveries)
  }

  async states(): Promise<string[]> {
    return (await this.deliveries()).map(({ state }) => state).toReversed()
  }

  endpoint() {
    return this.notify.webhookEndpoint(this.at.acme, this.id)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.at[Symbol.asyncDispose]()
  }
}

const wordOf = (body: string): string => (JSON.parse(body) as { data: { message: { text: string } } }).data.message.text
const refusing =
  (...words: string[]): Handler =>
  (request) =>
    answer(words.includes(wordOf(textOf(request))) ? 500 : 204)

test('while a message fails, later ones of its conversation wait and other conversations go on', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = refusing('a1')
  for (const text of ['a1', 'a2', 'a3']) await scene.say(scene.one, text)
  for (const text of ['b1', 'b2']) await scene.say(scene.other, text)
  await drive(scene.clock, 'it was tried twice', () => scene.texts.filter((text) => text === 'a1').length === 2)
  assert.deepEqual([...new Set(scene.texts)].sort(), ['a1', 'b1', 'b2'])
  scene.transport.handler = () => answer(204)
  await drive(scene.clock, 'all are there', () => scene.texts.includes('a3'))
  const ofOne = scene.texts.filter((text) => text.startsWith('a'))
  assert.deepEqual(ofOne, ['a1', 'a1', 'a1', 'a2', 'a3'])
})

test('attempts follow the schedule over a day; after the last one the next message has its turn', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = refusing('a1')
  await scene.say(scene.one, 'a1')
  await scene.say(scene.one, 'a2')
  await drive(scene.clock, 'the second was delivered', () => scene.texts.includes('a2'))
  assert.deepEqual(await scene.states(), ['failed', 'delivered'])
  const failed = (await scene.deliveries()).at(-1)!
  assert.equal(failed.attemptCount, 11)
  const times = failed.attempts.map(({ at }) => Date.parse(at))
  const spanMs = times.at(-1)! - times[0]!
  assert.ok(spanMs > 18 * hour && spanMs < 26 * hour, `${spanMs / hour} hours`)
  for (let i = 2; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! > (times[i - 1]! - times[i - 2]!) * 0.7)
})

test('Retry-After is waited for, up to a day', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(429, '', { 'retry-after': '7200' })
  await scene.say(scene.one, 'a1')
  await pass(scene.clock, 2 * hour - minute, minute)
  assert.equal(scene.texts.length, 1)
  await pass(scene.clock, 2 * minute, minute)
  assert.equal(scene.texts.length, 2)
})

test('attempts are told with status, duration, error and the beginning of the answer', async () => {
  await using scene = await Scene.open({ excerptBytesMax: 8 })
  const answers = [
    () => answer(500, 'long and\u0000 broken'),
    () => answer(301, '', { location: 'http://169.254.169.254/' }),
    (): never => {
      throw new OutboundFailure('response-timeout', 'hooks.example.com sent no answer in 15000 ms.')
    },
    () => answer(200, 'ok\u001b[31m'),
  ]
  scene.transport.handler = () => answers.shift()!()
  await scene.say(scene.one, 'a1')
  await drive(scene.clock, 'it was delivered', async () => (await scene.states())[0] === 'delivered')
  const [delivery] = await scene.deliveries()
  const told = delivery!.attempts.map(({ at: _at, durationMs, ...rest }) => {
    assert.ok(durationMs >= 0)
    return rest
  })
  assert.deepEqual(told, [
    { status: 500, excerpt: 'long and' },
    { status: 301, error: 'Redirects are not followed.' },
    { error: 'response-timeout: hooks.example.com sent no answer in 15000 ms.' },
    { status: 200, excerpt: 'ok[31m' },
  ])
})

test('an endpoint that takes nothing for days is disabled, says so, and what it missed can be replayed', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(503)
  await scene.say(scene.one, 'a1')
  await drive(scene.clock, 'it is failing', async () => (await scene.endpoint()).status === 'failing')
  for (let days = 0; days < 4; days++) {
    await scene.say(scene.one, `day ${days}`)
    await pass(scene.clock, day, 10 * minute)
  }
  const disabled = await scene.endpoint()
  assert.equal(disabled.status, 'disabled')
  assert.equal(disabled.disabledReason, 'The endpoint took nothing for too long.')
  const tried = scene.texts.length
  await scene.say(scene.other, 'missed')
  await pass(scene.clock, hour, minute)
  assert.equal(scene.texts.length, tried)
  await assert.rejects(scene.notify.replayWebhooksSince(scene.at.acme, scene.id, { sinceMs: 0 }), {
    code: 'invalid_request',
  })
  scene.transport.handler = () => answer(204)
  scene.transport.requests.length = 0
  const enabled = await scene.notify.updateWebhookEndpoint(scene.at.acme, scene.id, { enabled: true })
  assert.equal(enabled.status, 'active')
  await scene.notify.replayWebhooksSince(scene.at.acme, scene.id, { sinceMs: 0 })
  await drive(scene.clock, 'all was delivered', async () =>
    (await scene.states()).every((state) => state === 'delivered'),
  )
  assert.deepEqual(
    scene.texts.filter((text) => text !== 'missed'),
    ['a1', 'day 0', 'day 1', 'day 2', 'day 3'],
  )
  assert.ok(scene.texts.includes('missed'))
  assert.equal((await scene.endpoint()).waiting, 0)
})

test('an endpoint that answers 410 is disabled at once, and what waits is kept for replay', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(410)
  await scene.say(scene.one, 'a1')
  await scene.say(scene.one, 'a2')
  await drive(scene.clock, 'it is disabled', async () => (await scene.endpoint()).status === 'disabled')
  await drive(scene.clock, 'nothing waits', async () => (await scene.endpoint()).waiting === 0)
  assert.deepEqual(await scene.states(), ['failed', 'skipped'])
  assert.deepEqual(scene.texts, ['a1'])
})

test('one delivery is replayed, under the same id', async () => {
  await using scene = await Scene.open()
  await scene.say(scene.one, 'a1')
  await drive(scene.clock, 'it was delivered', async () => (await scene.states())[0] === 'delivered')
  const [delivery] = await scene.deliveries()
  const replayed = await scene.notify.replayWebhookDelivery(scene.at.acme, scene.id, delivery!.id)
  assert.equal(replayed.state, 'waiting')
  await drive(scene.clock, 'it came again', () => scene.texts.length === 2)
  const [first, second] = scene.transport.requests.map(({ headers }) => headers['webhook-id'])
  assert.equal(first, second)
})

test('a replay since a time leaves what was delivered, unless that is wished', async () => {
  await using scene = await Scene.open({ deliveryRetriesMs: [] })
  scene.transport.handler = refusing('a2')
  await scene.say(scene.one, 'a1')
  await pass(scene.clock, minute)
  const sinceMs = scene.clock.now()
  for (const text of ['a2', 'a3']) await scene.say(scene.one, text)
  const over = async (): Promise<boolean> => !(await scene.states()).includes('waiting')
  await drive(scene.clock, 'all is over', over)
  assert.deepEqual(await scene.states(), ['delivered', 'failed', 'delivered'])
  scene.transport.handler = () => answer(204)
  scene.transport.requests.length = 0
  await scene.notify.replayWebhooksSince(scene.at.acme, scene.id, { sinceMs })
  await drive(scene.clock, 'the failed one came', () => scene.texts.length === 1)
  await drive(scene.clock, 'all is over', over)
  assert.deepEqual(scene.texts, ['a2'])
  await scene.notify.replayWebhooksSince(scene.at.acme, scene.id, { sinceMs, includeDelivered: true })
  await drive(scene.clock, 'both came', () => scene.texts.length === 3)
  assert.deepEqual(scene.texts, ['a2', 'a2', 'a3'])
})

test('a replay of many is done bit by bit, in order', async () => {
  await using scene = await Scene.open({ deliveryRetriesMs: [], disableAfterMs: day })
  scene.transport.handler = () => answer(500)
  const texts = Array.from({ length: 250 }, (_, i) => `a${i}`)
  for (const text of texts) {
    scene.clock.advance(1)
    await scene.say(scene.one, text)
  }
  await drive(scene.clock, 'nothing waits', async () => (await scene.endpoint()).waiting === 0)
  scene.transport.handler = () => answer(204)
  scene.transport.requests.length = 0
  await scene.notify.replayWebhooksSince(scene.at.acme, scene.id, { sinceMs: 0 })
  await drive(scene.clock, 'all came', () => scene.texts.length === texts.length)
  assert.deepEqual(scene.texts, texts)
})

test('an endpoint gets the types that it wants, from its making on, and nothing while it is paused', async () => {
  await using scene = await Scene.open()
  const { notify, at } = scene
  const old = at.message(scene.one, scene.asha, 'old').body
  scene.clock.advance(1000)
  const later = await notify.createWebhookEndpoint(at.acme, { url: `${url}/later` })
  const picky = await notify.createWebhookEndpoint(at.acme, { url: `${url}/picky`, eventTypes: ['koine.other'] })
  await notify.onMessage(at.acme, old)
  await notify.updateWebhookEndpoint(at.acme, scene.id, { enabled: false })
  await scene.say(scene.one, 'new')
  await pass(scene.clock, minute)
  const arrived = scene.transport.requests.map(({ url: { pathname }, ...request }) => [
    pathname,
    wordOf(textOf({ url: new URL(url), ...request })),
  ])
  assert.deepEqual(
    arrived.toSorted(([a], [b]) => (a! < b! ? -1 : 1)),
    [
      ['/koine', 'old'],
      ['/koine/later', 'new'],
    ],
  )
  for (const { id } of [later, picky]) assert.equal((await notify.webhookEndpoint(at.acme, id)).waiting, 0)
})

test('what waits for an endpoint that is removed is given up', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(500)
  await scene.say(scene.one, 'a1')
  await scene.say(scene.one, 'a2')
  await settle()
  await scene.notify.removeWebhookEndpoint(scene.at.acme, scene.id)
  await pass(scene.clock, hour, minute)
  assert.equal(scene.texts.length, 1)
  for (const table of ['webhook-lanes', 'webhook-health']) {
    const { records } = await scene.at.acme.tables.query({ table, pk: scene.id, limit: 10 })
    assert.deepEqual(records, [], table)
  }
})

test('over the limit of what may wait, deliveries are kept for replay only', async () => {
  await using scene = await Scene.open({ waitingPerEndpointMax: 2 })
  scene.transport.handler = () => answer(500)
  for (const text of ['a1', 'a2', 'a3']) await scene.say(scene.one, text)
  assert.deepEqual(await scene.states(), ['waiting', 'waiting', 'skipped'])
})

test('an endpoint that hangs holds no more than its places, and others go on', async () => {
  await using scene = await Scene.open({ attemptsPerEndpointMax: 2 })
  const { notify, at, transport } = scene
  const fast = await notify.createWebhookEndpoint(at.acme, { url: `${url}/fast` })
  let hanging = 0
  transport.handler = ({ url: { pathname }, signal }) => {
    if (pathname.endsWith('/fast')) return answer(204)
    hanging++
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new OutboundFailure('connection-lost', 'given up')))
    })
  }
  for (let i = 0; i < 10; i++) await scene.say(at.conversation(scene.asha), `c${i}`)
  await pass(scene.clock, 10_000)
  assert.equal(hanging, 2)
  assert.equal((await notify.webhookEndpoint(at.acme, fast.id)).waiting, 0)
  assert.equal((await scene.endpoint()).waiting, 10)
})

test('after a rotation both secrets sign until the older one stops', async () => {
  await using scene = await Scene.open()
  const { notify, at, id, clock } = scene
  const signatures = (): number => scene.transport.requests.at(-1)!.headers['webhook-signature']!.split(' ').length
  const rotated = await notify.rotateWebhookSecret(at.acme, id)
  assert.equal(rotated.previousSecretUntil, new Date(clock.now() + day).toISOString())
  assert.equal((await scene.endpoint()).previousSecretUntil, rotated.previousSecretUntil)
  await scene.say(scene.one, 'a1')
  await drive(clock, 'it came', () => scene.texts.length === 1)
  assert.equal(signatures(), 2)
  await pass(clock, day, hour)
  await scene.say(scene.one, 'a2')
  await drive(clock, 'it came', () => scene.texts.length === 2)
  assert.equal(signatures(), 1)
  assert.equal((await scene.endpoint()).previousSecretUntil, undefined)
})

test('deliveries and their bodies are gone after the retention', async () => {
  await using scene = await Scene.open()
  await scene.say(scene.one, 'a1')
  await pass(scene.clock, 7 * day + hour, hour)
  assert.deepEqual(await scene.deliveries(), [])
})

test('what isn’t an event is refused', async () => {
  await using scene = await Scene.open()
  for (const body of ['', 'null', '[]', '{}', '{"id":"evt_1","type":"x","subject":"y","time":"z"}']) {
    await assert.rejects(scene.notify.onMessage(scene.at.acme, body), { code: 'invalid_request' }, body)
  }
})
