import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConversationId, UserId } from '@koine/base'
import { ManualClock, until } from '@koine/base/testing'
import type { NotifyLimits } from '../limits.ts'
import type { Notify } from '../notify.ts'
import { OutboundFailure } from '../outbound/transport.ts'
import { Browser } from '../testing/browser.ts'
import { drive, pass } from '../testing/drive.ts'
import { Fixture } from '../testing/notify-fixture.ts'
import { answer, TestTransport } from '../testing/test-transport.ts'

const minute = 60_000
const grace = 10_000

/** Two users who talk; Ben has a browser. */
class Scene implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly transport = new TestTransport()
  readonly at: Fixture
  readonly notify: Notify
  readonly asha: UserId
  readonly ben: UserId
  readonly browser: Browser
  readonly conversation: ConversationId

  private constructor(browser: Browser, limits: Partial<NotifyLimits>) {
    this.transport.handler = () => answer(201)
    this.at = new Fixture({ clock: this.clock, outbound: { guarded: this.transport }, limits })
    this.notify = this.at.node()
    this.notify.start()
    this.browser = browser
    ;[this.asha, this.ben] = [this.at.user(), this.at.user()]
    this.conversation = this.at.conversation(this.asha, this.ben)
    this.at.conversations.names.set(this.asha, 'Asha')
  }

  static async open(limits: Partial<NotifyLimits> = {}): Promise<Scene> {
    const scene = new Scene(await Browser.make(), limits)
    await scene.notify.webPushPublicKey(scene.at.acme)
    await scene.register(scene.ben)
    await scene.#signIn()
    return scene
  }

  /** The first push makes a token, in a thread that this clock knows nothing of; it serves the later ones. */
  async #signIn(): Promise<void> {
    const other = this.at.conversation(this.asha, this.ben)
    await this.notify.onMessage(this.at.acme, this.at.message(other, this.asha).body)
    await pass(this.clock, grace + 1000)
    await until('the first push is sent', () => this.count === 1)
    this.transport.requests.length = 0
  }

  register(user: UserId, name = 'a') {
    const { p256dh, auth } = this.browser
    const endpoint = `https://push.example.com/${name}`
    return this.notify.registerDevice(this.at.acme, user, { provider: 'web-push', endpoint, p256dh, auth })
  }

  async say(text = 'hello', sender = this.asha): Promise<number> {
    const { message, body } = this.at.message(this.conversation, sender, text)
    await this.notify.onMessage(this.at.acme, body)
    return message.seq
  }

  /** What the browser has shown, in its order. */
  shown(): Promise<{ title: string; body: string; seq: number }[]> {
    return Promise.all(
      this.transport.requests.map(async ({ body }) => JSON.parse(await this.browser.read(body)) as never),
    )
  }

  get count(): number {
    return this.transport.requests.length
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.at[Symbol.asyncDispose]()
  }
}

test('a message that nobody acknowledges within the grace time becomes a push', async () => {
  await using scene = await Scene.open()
  await scene.say('Hello, Ben.')
  await pass(scene.clock, grace - 1000)
  assert.equal(scene.count, 0)
  await pass(scene.clock, 2000)
  const [push] = await scene.shown()
  assert.deepEqual([push!.title, push!.body, push!.seq], ['Asha', 'Hello, Ben.', 1])
})

test('a message that a device acknowledges in time does not', async () => {
  await using scene = await Scene.open()
  const seq = await scene.say()
  await pass(scene.clock, grace - 2000)
  scene.at.conversations.acknowledge(scene.ben, scene.conversation, seq)
  await pass(scene.clock, minute)
  assert.equal(scene.count, 0)
})

test('the sender, and users without devices, are sent nothing', async () => {
  await using scene = await Scene.open()
  await scene.register(scene.asha, 'b')
  await scene.say()
  await pass(scene.clock, minute)
  assert.deepEqual(
    scene.transport.requests.map(({ url }) => url.pathname),
    ['/a'],
  )
})

test('a burst is one push, of its newest message', async () => {
  await using scene = await Scene.open()
  for (let i = 1; i <= 20; i++) await scene.say(`message ${i}`)
  await pass(scene.clock, minute)
  assert.deepEqual(
    (await scene.shown()).map(({ body }) => body),
    ['message 20'],
  )
})

test('a conversation that goes on makes a push for each grace time, not for each message', async () => {
  await using scene = await Scene.open()
  for (let i = 0; i < 60; i++) {
    await scene.say(`second ${i}`)
    await pass(scene.clock, 1000)
  }
  await pass(scene.clock, minute)
  assert.ok(scene.count >= 5 && scene.count <= 8, `${scene.count} pushes`)
  assert.equal((await scene.shown()).at(-1)!.body, 'second 59')
  const seqs = (await scene.shown()).map(({ seq }) => seq)
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  )
})

test('the event that comes again makes no other push', async () => {
  await using scene = await Scene.open()
  const { body } = scene.at.message(scene.conversation, scene.asha)
  for (let i = 0; i < 3; i++) await scene.notify.onMessage(scene.at.acme, body)
  await pass(scene.clock, minute)
  await scene.notify.onMessage(scene.at.acme, body)
  await pass(scene.clock, minute)
  assert.equal(scene.count, 1)
})

test('every device of a user gets it, and a dead one is forgotten', async () => {
  await using scene = await Scene.open()
  await scene.register(scene.ben, 'b')
  scene.transport.handler = ({ url }) => answer(url.pathname === '/a' ? 410 : 201)
  await scene.say()
  await pass(scene.clock, minute)
  assert.deepEqual(scene.transport.requests.map(({ url }) => url.pathname).sort(), ['/a', '/b'])
  const left = await scene.notify.devices(scene.at.acme, scene.ben)
  assert.deepEqual(
    left.map(({ address }) => address.provider === 'web-push' && address.endpoint),
    ['https://push.example.com/b'],
  )
})

test('a device that was registered again while its push was refused is kept', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = async () => {
    scene.clock.advance(10)
    await scene.register(scene.ben)
    return answer(410)
  }
  await scene.say()
  await pass(scene.clock, minute)
  assert.equal(scene.count, 1)
  assert.equal((await scene.notify.devices(scene.at.acme, scene.ben)).length, 1)
})

test('a push that fails is tried again, later each time, and is given up in the end', async () => {
  await using scene = await Scene.open()
  const times: number[] = []
  scene.transport.handler = () => {
    times.push(scene.clock.now())
    if (times.length % 2 === 0) throw new OutboundFailure('connect-timeout', 'push.example.com did not connect')
    return answer(503)
  }
  await scene.say()
  await pass(scene.clock, 3 * 60 * minute, minute / 4)
  assert.equal(times.length, 7)
  for (let i = 2; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! >= times[i - 1]! - times[i - 2]!)
  assert.equal((await scene.notify.devices(scene.at.acme, scene.ben)).length, 1)
})

test('a push service that asks for time gets it', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(scene.count === 1 ? 429 : 201, '', { 'retry-after': '1800' })
  await scene.say()
  await pass(scene.clock, 29 * minute)
  assert.equal(scene.count, 1)
  await pass(scene.clock, 2 * minute)
  assert.equal(scene.count, 2)
})

test('while a push waits to be tried again, an acknowledgement ends it', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(503)
  const seq = await scene.say()
  await drive(scene.clock, 'it was tried', () => scene.count === 1)
  scene.at.conversations.acknowledge(scene.ben, scene.conversation, seq)
  await pass(scene.clock, 60 * minute, minute)
  assert.equal(scene.count, 1)
})

test('while a push waits to be tried again, one of a newer message takes its place', async () => {
  await using scene = await Scene.open({ pushRetriesMs: [minute] })
  scene.transport.handler = () => answer(scene.count === 1 ? 503 : 201)
  await scene.say('old')
  await drive(scene.clock, 'it was tried', () => scene.count === 1)
  await scene.say('new')
  await pass(scene.clock, 5 * minute)
  assert.deepEqual(
    (await scene.shown()).map(({ body }) => body),
    ['old', 'new'],
  )
})

test('a device that is gone meanwhile is passed over', async () => {
  await using scene = await Scene.open()
  const [device] = await scene.notify.devices(scene.at.acme, scene.ben)
  await scene.say()
  await scene.notify.unregisterDevice(scene.at.acme, scene.ben, device!.id)
  await pass(scene.clock, minute)
  assert.equal(scene.count, 0)
})

test('keys that a service refuses are told with their credentials until they are accepted', async () => {
  await using scene = await Scene.open()
  scene.transport.handler = () => answer(403)
  await scene.say()
  await pass(scene.clock, minute)
  assert.equal(scene.count, 1)
  const [view] = await scene.notify.pushCredentials(scene.at.acme)
  assert.match(view!.problem!.reason, /answered 403/)
  assert.equal((await scene.notify.devices(scene.at.acme, scene.ben)).length, 1)
  scene.transport.handler = () => answer(201)
  await scene.say()
  await pass(scene.clock, minute)
  assert.equal((await scene.notify.pushCredentials(scene.at.acme))[0]!.problem, undefined)
})

test('old messages, as in a log that is read for the first time, make no push', async () => {
  await using scene = await Scene.open()
  const { body } = scene.at.message(scene.conversation, scene.asha)
  scene.clock.advance(25 * 60 * minute)
  await scene.notify.onMessage(scene.at.acme, body)
  await pass(scene.clock, minute)
  assert.equal(scene.count, 0)
})

test('a tenant without credentials, and another tenant, make no work', async () => {
  await using scene = await Scene.open()
  const { body } = scene.at.message(scene.conversation, scene.asha)
  await scene.notify.onMessage(scene.at.globex, body)
  assert.deepEqual(await scene.at.globex.queue.depth('notify.push-due'), { waiting: 0, running: 0, dead: 0 })
})

test('a large group is seen to page by page, each member once', async () => {
  await using scene = await Scene.open({ pushesPerTenantMax: 4 })
  const members = Array.from({ length: 250 }, () => scene.at.user())
  for (const [index, user] of members.entries()) await scene.register(user, `m${index}`)
  const group = scene.at.conversation(scene.asha, ...members)
  await scene.notify.onMessage(scene.at.acme, scene.at.message(group, scene.asha).body)
  await pass(scene.clock, 2 * minute)
  assert.equal(scene.count, 250)
  assert.equal(new Set(scene.transport.requests.map(({ url }) => url.pathname)).size, 250)
})

test('a push service that hangs holds a tenant’s places and not another’s', async () => {
  await using scene = await Scene.open({ pushesPerTenantMax: 2 })
  const { at, notify, transport, browser } = scene
  const hung: string[] = []
  transport.handler = ({ url, signal }) => {
    if (url.pathname === '/globex') return answer(201)
    hung.push(url.pathname)
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new OutboundFailure('connection-lost', 'given up')))
    })
  }
  for (let i = 0; i < 6; i++) await scene.register(scene.ben, `d${i}`)
  await scene.say()
  await notify.webPushPublicKey(at.globex)
  const { p256dh, auth } = browser
  await notify.registerDevice(at.globex, scene.ben, {
    provider: 'web-push',
    endpoint: 'https://push.example.com/globex',
    p256dh,
    auth,
  })
  const other = at.conversation(scene.asha, scene.ben)
  await notify.onMessage(at.globex, at.message(other, scene.asha).body)
  await pass(scene.clock, minute)
  await until('the other tenant’s was sent', () => transport.requests.some(({ url }) => url.pathname === '/globex'))
  assert.equal(hung.length, 2)
})
