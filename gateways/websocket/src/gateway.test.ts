import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { closeCodes } from '@koine/protocols-realtime'
import { RealtimeFixture } from './realtime-fixture.ts'

test('a message is acknowledged to its sender and arrives live at every device of every member', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  const [phone, laptop, other] = [await fixture.connect(asha), await fixture.connect(asha), await fixture.connect(ben)]
  const answer = await phone.answer({
    type: 'send',
    ref: 'r1',
    conversationId: conversation.id,
    clientMessageId: 'm1',
    text: 'Hello, Ben 👋',
  })
  assert.ok(answer.type === 'sent')
  assert.equal(answer.message.seq, 1)
  assert.equal(answer.message.senderId, asha.id)
  assert.deepEqual((await laptop.next('message')).message, answer.message)
  assert.deepEqual((await other.next('message')).message, answer.message)
})

test('the sender is not told of its own message twice', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  const [sender, other] = [await fixture.connect(asha), await fixture.connect(ben)]
  for (const n of [1, 2, 3]) {
    await sender.answer({
      type: 'send',
      ref: `r${n}`,
      conversationId: conversation.id,
      clientMessageId: `m${n}`,
      text: 'x',
    })
  }
  await until('the other has all', () => other.seqs.length === 3)
  sender.send({ type: 'ping' })
  await sender.next('pong')
  assert.deepEqual(sender.seqs, [])
})

test('two people who choose the same clientMessageId at the same time both hear each other', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  const clients = [await fixture.connect(asha), await fixture.connect(ben)]
  for (let n = 0; n < 20; n++) {
    const frame = { type: 'send', conversationId: conversation.id, clientMessageId: `m${n}`, text: 'x' } as const
    for (const client of clients) client.send({ ...frame, ref: `r${n}` })
  }
  for (const client of clients) await until('all of the other are there', () => client.seqs.length === 20)
})

test('the first answer tells who one is, the heartbeat and the limits', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const client = await fixture.connect(asha)
  const [connected, caughtUp] = client.frames
  assert.ok(connected?.type === 'connected' && connected.userId === asha.id)
  assert.match(connected.connectionId, /^cx_/)
  assert.deepEqual(connected.limits, { frameBytes: 409_600, textBytes: 65_536 })
  assert.partialDeepStrictEqual(caughtUp, { type: 'caughtUp', hasMore: false })
})

test('what was said while a client was away is caught up with in order, and once', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  const say = (n: number) =>
    fixture.messaging.send(asha.scope, {
      conversationId: conversation.id,
      senderId: asha.id,
      clientMessageId: `m${n}`,
      text: `message ${n}`,
    })
  for (let n = 1; n <= 10; n++) await say(n)
  const client = await fixture.connect(ben, { [conversation.id]: 4 })
  await say(11)
  await until('the live one is there', () => client.seqs.includes(11))
  assert.deepEqual(client.seqs, [5, 6, 7, 8, 9, 10, 11])
})

test('a catch-up over the page size says that there is more', async () => {
  await using fixture = await RealtimeFixture.open({ limits: { catchUpMessages: 4 } })
  const { asha, ben, conversation } = await fixture.pair()
  for (let n = 1; n <= 10; n++) {
    await fixture.messaging.send(asha.scope, {
      conversationId: conversation.id,
      senderId: asha.id,
      clientMessageId: `m${n}`,
      text: 'x',
    })
  }
  const client = await fixture.connect(ben, { [conversation.id]: 0 })
  assert.deepEqual(client.frames.at(-1), { type: 'caughtUp', hasMore: true })
  const held = (): Record<string, number> => ({ [conversation.id]: client.seqs.at(-1) ?? 0 })
  await client.answer({ type: 'catchUp', ref: 'c1', held: held() })
  const last = await client.answer({ type: 'catchUp', ref: 'c2', held: held() })
  assert.partialDeepStrictEqual(last, { type: 'caughtUp', ref: 'c2', hasMore: false })
  assert.deepEqual(client.seqs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('messages sent while a catch-up is read follow it, and those that it brought are not repeated', async () => {
  let release: (() => void) | undefined
  let armed = false
  const faults = {
    before: () => {},
    after: (operation: string) => {
      if (!armed || !operation.includes('query')) return undefined
      armed = false
      return new Promise<void>((resolve) => (release = resolve))
    },
  }
  await using fixture = await RealtimeFixture.open({ faults })
  const { asha, ben, conversation } = await fixture.pair()
  const say = (n: number) =>
    fixture.messaging.send(asha.scope, {
      conversationId: conversation.id,
      senderId: asha.id,
      clientMessageId: `m${n}`,
      text: 'x',
    })
  await say(1)
  const client = await fixture.client()
  armed = true
  client.send({ type: 'connect', token: ben.token, resume: { [conversation.id]: 0 } })
  await until('the catch-up has begun to read', () => release)
  await say(2)
  await say(3)
  release!()
  await until('all are there', () => client.seqs.includes(3))
  client.send({ type: 'ping' })
  await client.next('pong')
  assert.deepEqual(client.seqs, [1, 2, 3])
})

test('a new conversation and a read position are told live, and reading is answered with the position that holds', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  const [a, b] = [await fixture.connect(asha), await fixture.connect(ben)]
  const group = await fixture.conversation(asha, ben, await fixture.person(asha.scope, 'Carl'))
  assert.deepEqual((await a.next('conversation')).conversation, { ...group })
  await a.answer({ type: 'send', ref: '1', conversationId: conversation.id, clientMessageId: 'm', text: 'x' })
  const answer = await b.answer({ type: 'read', ref: '2', conversationId: conversation.id, seq: 99 })
  assert.deepEqual(answer, { type: 'read', ref: '2', conversationId: conversation.id, userId: ben.id, seq: 1 })
  assert.deepEqual(await a.next('read'), { type: 'read', conversationId: conversation.id, userId: ben.id, seq: 1 })
})

test('sends of one connection to one conversation keep their order, however many are on their way', async () => {
  await using fixture = await RealtimeFixture.open({ limits: { requestsInFlight: 8 } })
  const { asha, ben, conversation } = await fixture.pair()
  const [a, b] = [await fixture.connect(asha), await fixture.connect(ben)]
  const texts = Array.from({ length: 300 }, (_, n) => `message ${n}`)
  for (const [n, text] of texts.entries()) {
    a.send({ type: 'send', ref: `r${n}`, conversationId: conversation.id, clientMessageId: `m${n}`, text })
  }
  await until('all are there', () => b.seqs.length === texts.length)
  const got = b.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.text] : []))
  assert.deepEqual(got, texts)
  await until('all are acknowledged', () => a.frames.filter(({ type }) => type === 'sent').length === texts.length)
})

test('nothing of one tenant is seen in another', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, conversation } = await fixture.pair()
  const mallory = await (await fixture.tenant('globex')).person('Mallory')
  const [a, m] = [await fixture.connect(asha), await fixture.connect(mallory, { [conversation.id]: 0 })]
  for (const frame of [
    { type: 'send', ref: '1', conversationId: conversation.id, clientMessageId: 'm', text: 'x' } as const,
    { type: 'read', ref: '2', conversationId: conversation.id, seq: 1 } as const,
  ]) {
    const answer = await m.answer(frame)
    assert.ok(answer.type === 'error' && answer.code === 'not_found' && !answer.retryable)
  }
  await a.answer({ type: 'send', ref: '3', conversationId: conversation.id, clientMessageId: 'm', text: 'x' })
  const caughtUp = await m.answer({ type: 'catchUp', ref: '4', held: { [conversation.id]: 0 } })
  assert.partialDeepStrictEqual(caughtUp, { type: 'caughtUp', ref: '4', hasMore: false })
  assert.deepEqual(m.seqs, [])
})

test('disposal answers what was accepted and tells clients to reconnect', async () => {
  let release: (() => void) | undefined
  let armed = false
  const faults = {
    before: (operation: string) =>
      armed && operation.includes('write') ? new Promise<void>((resolve) => (release = resolve)) : undefined,
    after: () => {},
  }
  await using fixture = await RealtimeFixture.open({ faults })
  const { asha, conversation } = await fixture.pair()
  const client = await fixture.connect(asha)
  armed = true
  client.send({ type: 'send', ref: '1', conversationId: conversation.id, clientMessageId: 'm', text: 'x' })
  await until('the write is on its way', () => release)
  const disposal = fixture.gateway[Symbol.asyncDispose]()
  client.send({ type: 'ping' })
  armed = false
  release!()
  assert.equal((await client.answerTo('1')).type, 'sent')
  assert.deepEqual(await client.closed(), { ...closeCodes.shuttingDown })
  await disposal
  assert.equal(fixture.gateway.connections, 0)
})

test('disposal does not wait longer than its deadlines', async () => {
  let held = false
  const faults = {
    before: (operation: string) => {
      if (!held || !operation.includes('write')) return undefined
      return new Promise<void>(() => {})
    },
    after: () => {},
  }
  await using fixture = await RealtimeFixture.open({ faults })
  const { asha, conversation } = await fixture.pair()
  const client = await fixture.connect(asha)
  held = true
  client.send({ type: 'send', ref: '1', conversationId: conversation.id, clientMessageId: 'm', text: 'x' })
  client.send({ type: 'ping' })
  await client.next('pong')
  let done = false
  const disposal = fixture.gateway[Symbol.asyncDispose]().then(() => (done = true))
  await until('it is done', () => {
    fixture.clock.advance(1000)
    return done
  })
  await disposal
  assert.equal((await client.closed()).code, closeCodes.shuttingDown.code)
  // The service would wait for ever for the write: it is of no interest here.
  fixture.messaging[Symbol.asyncDispose] = async () => {}
})

test('over the limit of connections a client is told to come back later', async () => {
  await using fixture = await RealtimeFixture.open({ limits: { connections: 2 } })
  const { asha, ben } = await fixture.pair()
  const first = await fixture.connect(asha)
  await fixture.connect(ben)
  const third = await fixture.client()
  assert.deepEqual(await third.closed(), { ...closeCodes.overloaded })
  first.socket.close()
  await until('there is room', () => fixture.gateway.connections === 1)
  await fixture.connect(asha)
})

test('only /v1/realtime is a WebSocket, and only for the origins that are allowed', async () => {
  await using fixture = await RealtimeFixture.open({ allowedOrigins: ['https://example.com'] })
  await assert.rejects(fixture.client('/v1/elsewhere'), /404/)
  await assert.rejects(fixture.client('/v1/realtime', { origin: 'https://evil.example' }), /403/)
  await fixture.client('/v1/realtime?x=1', { origin: 'https://example.com' })
  await fixture.client()
})

test('metrics count connections, frames and closes', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const client = await fixture.connect(asha)
  client.socket.send('nonsense')
  await client.closed()
  const text = await fixture.metrics.text()
  assert.match(text, /koine_realtime_frames_received_total\{type="connect"\} 1/)
  assert.match(text, /koine_realtime_frames_refused_total 1/)
  assert.match(text, /koine_realtime_closed_total\{reason="badFrame"\} 1/)
  await until('it is gone', async () => /koine_realtime_connections 0/.test(await fixture.metrics.text()))
})
