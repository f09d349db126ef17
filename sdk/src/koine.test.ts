import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, wholeNumber } from '@koine/base'
import { until } from '@koine/base/testing'
import type { KoineError } from './index.ts'
import { record, SdkFixture } from './sdk-fixture.ts'

const ascending = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)
const withCode = (code: string) => (error: KoineError) => error.code === code

test('a message resolves when it is durable and is told of at both ends', async () => {
  await using fixture = await SdkFixture.open()
  // One over the package ws, one over the WebSocket that is built in.
  const [asha, ben] = [fixture.client(fixture.asha), fixture.client(fixture.ben, { webSocket: globalThis.WebSocket })]
  const [told, toldBen] = [record(asha), record(ben)]
  await Promise.all([asha.connect(), ben.connect()])
  const message = await asha.send(fixture.conversation.id, 'Hello, Ben 👋')
  assert.equal(message.seq, 1)
  await until('Ben is told', () => toldBen.messages.length === 1)
  assert.deepEqual(toldBen.messages, [message])
  assert.deepEqual(told.messages, [message])
  assert.deepEqual(told.states, ['connecting', 'catchingUp', 'online'])
})

test('what was said before is caught up with page by page before connecting is done', async () => {
  await using fixture = await SdkFixture.open()
  for (let n = 1; n <= 70; n++) await fixture.say(fixture.ben, `m${n}`)
  const asha = fixture.client(fixture.asha)
  const told = record(asha)
  await asha.connect()
  assert.deepEqual(
    told.messages.map(({ seq }) => seq),
    ascending(70),
  )
  assert.deepEqual(asha.positions(), { [fixture.conversation.id]: 70 })
})

test('a client that goes on from earlier positions is told only of what came since', async () => {
  await using fixture = await SdkFixture.open()
  for (let n = 1; n <= 5; n++) await fixture.say(fixture.ben, `m${n}`)
  const asha = fixture.client(fixture.asha, { since: { [fixture.conversation.id]: 3 } })
  const told = record(asha)
  await asha.connect()
  assert.deepEqual(
    told.messages.map(({ seq }) => seq),
    [4, 5],
  )
})

test('messages sent while offline wait, and go in order once there is a connection', async () => {
  await using fixture = await SdkFixture.open()
  fixture.network.down = true
  const asha = fixture.client(fixture.asha)
  const texts = ascending(30).map((n) => `message ${n}`)
  const sends = texts.map((text) => asha.send(fixture.conversation.id, text))
  const connected = asha.connect()
  await until('it has tried', () => asha.status.state === 'waiting')
  fixture.network.down = false
  await connected
  await Promise.all(sends)
  assert.deepEqual(await fixture.texts(), texts)
})

test('a send whose acknowledgement is lost is repeated and is still one message', async () => {
  let swallow = true
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha)
  const told = record(asha)
  await asha.connect()
  const { messaging } = fixture
  const send = messaging.send.bind(messaging)
  messaging.send = async (...call) => {
    const message = await send(...call)
    if (swallow) fixture.network.cut()
    swallow = false
    return message
  }
  const message = await asha.send(fixture.conversation.id, 'once')
  assert.equal(message.seq, 1)
  assert.deepEqual(await fixture.texts(), ['once'])
  await until('it is online again', () => asha.status.state === 'online')
  assert.deepEqual(
    told.messages.map(({ text }) => text),
    ['once'],
  )
})

test('nothing is missed, doubled or out of order while the network is cut again and again', async () => {
  await using fixture = await SdkFixture.open()
  const other = await fixture.newConversation(fixture.asha, fixture.ben, fixture.asha)
  const conversations = [fixture.conversation, other]
  const [asha, ben] = [fixture.client(fixture.asha), fixture.client(fixture.ben)]
  const told = [record(asha), record(ben)]
  await Promise.all([asha.connect(), ben.connect()])
  const randomness = seededRandomness(5)
  const count = 60
  const sends: Promise<unknown>[] = []
  for (let n = 0; n < count; n++) {
    for (const { id } of conversations) sends.push(asha.send(id, `asha ${n}`), ben.send(id, `ben ${n}`))
    if (n % 10 === 0) {
      fixture.network.delayMs = wholeNumber(randomness, 4)
      await new Promise((resolve) => setTimeout(resolve, wholeNumber(randomness, 30)))
      fixture.network.cut()
    }
  }
  await Promise.all(sends)
  for (const { messages } of told) await until('all are told of', () => messages.length >= count * 4)
  for (const conversation of conversations) {
    const texts = await fixture.texts(conversation)
    assert.equal(texts.length, count * 2)
    for (const who of ['asha', 'ben']) {
      assert.deepEqual(
        texts.filter((text) => text.startsWith(who)),
        ascending(count).map((n) => `${who} ${n - 1}`),
      )
    }
    for (const { messages } of told) {
      const of = messages.filter(({ conversationId }) => conversationId === conversation.id)
      assert.deepEqual(
        of.map(({ seq }) => seq),
        ascending(count * 2),
      )
      assert.deepEqual(
        of.map(({ text }) => text),
        texts,
      )
    }
  }
})

test('a connection that is dead without a word is noticed, and what was missed is caught up with', async () => {
  await using fixture = await SdkFixture.open()
  const ben = fixture.client(fixture.ben, { settings: { pingEveryMs: 40 } })
  const told = record(ben)
  await ben.connect()
  fixture.network.stalled = true
  await fixture.say(fixture.asha, 'into the void')
  const send = ben.send(fixture.conversation.id, 'from the void')
  await until('it gave up on the connection', () => told.states.includes('waiting'))
  fixture.network.stalled = false
  fixture.network.cut()
  await send
  await until('it is told of both', () => told.messages.length === 2)
  assert.deepEqual(await fixture.texts(), ['into the void', 'from the void'])
})

test('a server that restarts is come back to', async () => {
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha)
  const told = record(asha)
  await asha.connect()
  await asha.send(fixture.conversation.id, 'before')
  await fixture.restart()
  await fixture.say(fixture.ben, 'meanwhile')
  await asha.send(fixture.conversation.id, 'after')
  await until('all are told of', () => told.messages.length === 3)
  assert.deepEqual(
    told.messages.map(({ text }) => text),
    ['before', 'meanwhile', 'after'],
  )
})

test('live events that the server lost leave a gap that is fetched', async () => {
  await using fixture = await SdkFixture.open()
  const ben = fixture.client(fixture.ben)
  const told = record(ben)
  await ben.connect()
  const cache = fixture.scope.cache
  const publish = cache.publish.bind(cache)
  let dropped = 0
  cache.publish = async (channel, message) => {
    if (message.includes('lost')) dropped++
    else await publish(channel, message)
  }
  await fixture.say(fixture.asha, 'one')
  await fixture.say(fixture.asha, 'two is lost')
  await fixture.say(fixture.asha, 'three is lost')
  await fixture.say(fixture.asha, 'four')
  await until('all are told of', () => told.messages.length === 4)
  assert.ok(dropped > 0)
  assert.deepEqual(
    told.messages.map(({ seq }) => seq),
    [1, 2, 3, 4],
  )
})

test('the last message, lost without a gap, is found by looking now and then', async () => {
  await using fixture = await SdkFixture.open()
  const ben = fixture.client(fixture.ben, { settings: { lookEveryMs: 50 } })
  const told = record(ben)
  await ben.connect()
  fixture.scope.cache.publish = async () => {}
  await fixture.say(fixture.asha, 'the last')
  await until('it is told of', () => told.messages.length === 1)
})

test('an expired token is replaced by asking for another', async () => {
  await using fixture = await SdkFixture.open()
  let asked = 0
  const asha = fixture.client(fixture.asha, {
    token: async () => (asked++ === 0 ? fixture.token(fixture.asha, 1000) : fixture.token(fixture.asha)),
  })
  await asha.connect()
  await until('it asked again', () => asked === 2 && asha.status.state === 'online')
  await asha.send(fixture.conversation.id, 'still here')
})

test('a token that is refused twice stops the client with the reason', async () => {
  await using fixture = await SdkFixture.open()
  let asked = 0
  const asha = fixture.client(fixture.asha, { token: async () => `nonsense ${asked++}` })
  const send = asha.send(fixture.conversation.id, 'never')
  await assert.rejects(asha.connect(), withCode('unauthenticated'))
  await assert.rejects(send, withCode('unauthenticated'))
  assert.equal(asked, 2)
  assert.equal(asha.status.state, 'stopped')
  await assert.rejects(asha.send(fixture.conversation.id, 'never'), withCode('unauthenticated'))
})

test('a fixed token that is refused stops the client, and a suspended tenant does', async () => {
  await using fixture = await SdkFixture.open()
  await assert.rejects(fixture.client(fixture.asha, { token: 'nonsense' }).connect(), withCode('unauthenticated'))
  const asha = fixture.client(fixture.asha)
  await asha.connect()
  await fixture.tenancy.suspendTenant(fixture.scope.tenantId)
  await until('it stopped', () => asha.status.state === 'stopped')
  assert.ok(asha.status.state === 'stopped' && asha.status.error.code === 'tenant_suspended')
  await fixture.tenancy.resumeTenant(fixture.scope.tenantId)
  await asha.connect()
})

test('a token source that fails for now is asked again', async () => {
  await using fixture = await SdkFixture.open()
  let asked = 0
  const asha = fixture.client(fixture.asha, {
    token: async () => {
      if (asked++ < 2) throw new TypeError('fetch failed')
      return fixture.token(fixture.asha)
    },
  })
  await asha.connect()
  assert.equal(asked, 3)
})

test('what the server refuses rejects with its code, and what follows is sent all the same', async () => {
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha)
  await asha.connect()
  const { id } = fixture.conversation
  const tooLarge = asha.send(id, 'x'.repeat(70_000))
  const next = asha.send(id, 'next', { clientMessageId: 'mine' })
  await assert.rejects(tooLarge, withCode('too_large'))
  assert.equal((await next).seq, 1)
  await assert.rejects(asha.send(id, 'other', { clientMessageId: 'mine' }), withCode('client_message_id_reused'))
  await assert.rejects(asha.send('conv_unknown', 'x'), withCode('not_found'))
  assert.deepEqual(await asha.send(id, 'next', { clientMessageId: 'mine' }), await next)
})

test('more sends than the queue holds are refused', async () => {
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha, { settings: { queuedSendsMax: 2 } })
  const { id } = fixture.conversation
  const sends = [asha.send(id, '1'), asha.send(id, '2')]
  await assert.rejects(asha.send(id, '3'), withCode('overloaded'))
  await asha.connect()
  await Promise.all(sends)
  await asha.send(id, '4')
  assert.deepEqual(await fixture.texts(), ['1', '2', '4'])
})

test('a failure that may pass is tried again', async () => {
  let failures = 2
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha)
  await asha.connect()
  const { messaging } = fixture
  const send = messaging.send.bind(messaging)
  messaging.send = async (...call) => {
    if (failures-- > 0) {
      const { KoineError } = await import('./index.ts')
      throw new KoineError('overloaded', 'Later.', { retryAfterMs: 5 })
    }
    return send(...call)
  }
  const { id } = fixture.conversation
  await Promise.all([asha.send(id, 'first'), asha.send(id, 'second')])
  assert.deepEqual(await fixture.texts(), ['first', 'second'])
})

test('read positions reach the others, survive a cut, and only the highest counts', async () => {
  await using fixture = await SdkFixture.open()
  const [asha, ben] = [fixture.client(fixture.asha), fixture.client(fixture.ben)]
  const reads: number[] = []
  asha.on('read', ({ userId, seq }) => userId === fixture.ben && reads.push(seq))
  await Promise.all([asha.connect(), ben.connect()])
  for (let n = 1; n <= 3; n++) await asha.send(fixture.conversation.id, `m${n}`)
  fixture.network.cut()
  const marks = [1, 3, 2].map((seq) => ben.markRead(fixture.conversation.id, seq))
  assert.deepEqual(await Promise.all(marks), [3, 3, 3])
  await assert.rejects(ben.markRead('conv_unknown', 1), withCode('not_found'))
  const { readSeq } = await fixture.messaging.markRead(fixture.scope, fixture.ben, fixture.conversation.id, 0)
  assert.equal(readSeq, 3)
})

test('a new conversation is told of once, live or caught up with', async () => {
  await using fixture = await SdkFixture.open()
  const ben = fixture.client(fixture.ben)
  const met: string[] = []
  ben.on('conversation', ({ id }) => met.push(id))
  await ben.connect()
  const live = await fixture.newConversation(fixture.ben, fixture.asha, fixture.ben, fixture.asha)
  fixture.network.cut()
  const group = await fixture.messaging.createConversation(fixture.scope, { kind: 'group', members: [fixture.ben] })
  await until('all are told of', () => met.length >= 3 && ben.status.state === 'online')
  assert.deepEqual(met.toSorted(), [fixture.conversation.id, live.id, group.id].toSorted())
})

test('closing gives up what waits, and connecting again goes on where it was', async () => {
  await using fixture = await SdkFixture.open()
  const asha = fixture.client(fixture.asha)
  const told = record(asha)
  await asha.connect()
  await asha.send(fixture.conversation.id, 'one')
  fixture.network.stalled = true
  const send = asha.send(fixture.conversation.id, 'two')
  const mark = asha.markRead(fixture.conversation.id, 1)
  asha.close()
  await assert.rejects(send, withCode('unavailable'))
  await assert.rejects(mark, withCode('unavailable'))
  assert.equal(asha.status.state, 'idle')
  fixture.network.stalled = false
  await fixture.say(fixture.ben, 'three')
  await asha.connect()
  await until('what was said meanwhile is told', () => told.messages.length >= 2)
  assert.deepEqual(
    told.messages.map(({ text }) => text),
    ['one', 'three'],
  )
})

test('closing while connecting rejects the connect', async () => {
  await using fixture = await SdkFixture.open()
  fixture.network.down = true
  const asha = fixture.client(fixture.asha)
  const connecting = asha.connect()
  await until('it waits', () => asha.status.state === 'waiting')
  asha.close()
  await assert.rejects(connecting, withCode('unavailable'))
})
