import assert from 'node:assert/strict'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { conversationIds } from '@koine/base'
import { until } from '@koine/base/testing'
import { type ClientFrame, closeCodes } from '@koine/protocols-realtime'
import { type Person, RealtimeFixture, type TestClient } from './realtime-fixture.ts'

/** The process is up and serves others. */
async function stillServes(fixture: RealtimeFixture, person: Person): Promise<void> {
  const client = await fixture.connect(person)
  client.send({ type: 'ping' })
  await client.next('pong')
}

const deep = '['.repeat(10_000) + ']'.repeat(10_000)
const closing: [what: string, text: string | Buffer, close: { code: number }][] = [
  ['malformed JSON', '{"type":', closeCodes.badFrame],
  ['10,000-deep JSON', deep, closeCodes.badFrame],
  ['JSON that is no object', '[1]', closeCodes.badFrame],
  ['an unknown type without a ref', '{"type":"shout"}', closeCodes.badFrame],
  [
    'a send without a ref',
    '{"type":"send","conversationId":"c","clientMessageId":"m","text":"x"}',
    closeCodes.badFrame,
  ],
  ['a second connect frame', '{"type":"connect","token":"t"}', closeCodes.badFrame],
  ['a binary frame', Buffer.from('{"type":"ping"}'), closeCodes.badFrame],
  ['a frame over the limit', `{"type":"ping","x":"${'x'.repeat(409_600)}"}`, closeCodes.frameTooLarge],
]
for (const [what, text, { code }] of closing) {
  test(`a client that sends ${what} is closed with ${code}`, async () => {
    await using fixture = await RealtimeFixture.open()
    const { asha } = await fixture.pair()
    const client = await fixture.connect(asha)
    client.socket.send(text)
    assert.equal((await client.closed()).code, code)
    await stillServes(fixture, asha)
  })
}

const first: [what: string, text: string, close: { code: number }][] = [
  ['another frame than connect', '{"type":"ping"}', closeCodes.badFrame],
  ['a request with a ref', '{"type":"read","ref":"1","conversationId":"c","seq":1}', closeCodes.badFrame],
  ['a connect frame without token', '{"type":"connect"}', closeCodes.badFrame],
  ['deep JSON', deep, closeCodes.badFrame],
  ['a token that is none', '{"type":"connect","token":"nonsense"}', closeCodes.unauthenticated],
  ['the admin token', '{"type":"connect","token":"the-admin-token-of-the-tests"}', closeCodes.unauthenticated],
]
for (const [what, text, { code }] of first) {
  test(`a client whose first word is ${what} is closed with ${code}`, async () => {
    await using fixture = await RealtimeFixture.open()
    const { asha } = await fixture.pair()
    const client = await fixture.client()
    client.socket.send(text)
    assert.equal((await client.closed()).code, code)
    await stillServes(fixture, asha)
  })
}

test('an API key is no user: it is closed as unauthenticated', async () => {
  await using fixture = await RealtimeFixture.open()
  const { id } = await fixture.tenant('acme')
  const key = await fixture.tenancy.createApiKey(id)
  const client = await fixture.client()
  client.send({ type: 'connect', token: `${key.id}.${key.secret}` })
  assert.deepEqual(await client.closed(), { ...closeCodes.unauthenticated })
})

test('a frame that follows the connect frame before its answer is refused', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  const client = await fixture.client()
  client.send({ type: 'connect', token: asha.token })
  client.send({ type: 'ping' })
  assert.equal((await client.closed()).code, closeCodes.badFrame.code)
  await stillServes(fixture, asha)
})

type Request = ClientFrame & { readonly ref: string }
const refused: [what: string, frame: (conversationId: string) => object & { ref: string }, code: string][] = [
  [
    'a conversation that does not exist',
    () => send({ conversationId: 'conv_00000000000000000000000000' }),
    'not_found',
  ],
  ['a conversation id that is none', () => send({ conversationId: '../../etc/passwd' }), 'not_found'],
  ['an id of another kind', () => send({ conversationId: 'user_00000000000000000000000000' }), 'not_found'],
  ['a read of no conversation', () => ({ type: 'read', ref: '1', conversationId: 'x', seq: 1 }), 'not_found'],
  ['a text over the limit', (conversationId) => send({ conversationId, text: 'é'.repeat(32_769) }), 'too_large'],
  ['an empty text', (conversationId) => send({ conversationId, text: '' }), 'invalid_request'],
  ['a text that is a number', (conversationId) => send({ conversationId, text: 7 }), 'invalid_request'],
  ['a clientMessageId of 129', (c) => send({ conversationId: c, clientMessageId: 'm'.repeat(129) }), 'invalid_request'],
  [
    'a clientMessageId with a line break',
    (c) => send({ conversationId: c, clientMessageId: 'a\nb' }),
    'invalid_request',
  ],
  ['an unknown type', () => ({ type: 'shout', ref: '1' }), 'invalid_request'],
  ['a negative read position', (c) => ({ type: 'read', ref: '1', conversationId: c, seq: -1 }), 'invalid_request'],
  ['positions that are none', () => ({ type: 'catchUp', ref: '1', held: { x: 'y' } }), 'invalid_request'],
]
const send = (members: object) => ({
  type: 'send',
  ref: '1',
  conversationId: '',
  clientMessageId: 'm',
  text: 'x',
  ...members,
})
for (const [what, frame, code] of refused) {
  test(`${what} is answered with ${code}, and the connection stays`, async () => {
    await using fixture = await RealtimeFixture.open()
    const { asha, conversation } = await fixture.pair()
    const client = await fixture.connect(asha)
    const answer = await client.answer(frame(conversation.id) as Request)
    assert.ok(answer.type === 'error')
    assert.equal(answer.code, code)
    assert.equal(answer.retryable, false)
    client.send({ type: 'ping' })
    await client.next('pong')
  })
}

test('who is not a member is answered as if the conversation were not there', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, conversation } = await fixture.pair()
  const carl = await fixture.connect(await fixture.person(asha.scope, 'Carl'))
  const there = await carl.answer(send({ conversationId: conversation.id }) as Request)
  const absent = await carl.answer(send({ ref: '2', conversationId: conversationIds.make(fixture) }) as Request)
  assert.ok(there.type === 'error' && absent.type === 'error')
  assert.equal(there.code, 'not_found')
  assert.equal(there.code, absent.code)
})

test('the same clientMessageId with the same text is the same message, with another text it is refused', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, conversation } = await fixture.pair()
  const client = await fixture.connect(asha)
  const say = (ref: string, text: string) =>
    client.answer(send({ ref, conversationId: conversation.id, text }) as Request)
  const [once, twice, other] = [await say('1', 'x'), await say('2', 'x'), await say('3', 'y')]
  assert.ok(once.type === 'sent' && twice.type === 'sent' && other.type === 'error')
  assert.deepEqual(twice.message, once.message)
  assert.equal(other.code, 'client_message_id_reused')
})

/** A masked client frame with a payload of any bytes. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0, ...payload])
}

/** Sends bytes over an upgraded socket and returns the close code that comes back. */
async function closeCodeFor(port: number, bytes: Buffer): Promise<number> {
  const socket = connectTcp(port, '127.0.0.1')
  const got: Buffer[] = []
  socket.on('data', (data: Buffer) => got.push(data))
  socket.on('error', () => {}) // A reset after the close is as good.
  socket.write(
    'GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await until('the handshake is done', () => Buffer.concat(got).includes('\r\n\r\n'))
  socket.write(bytes)
  const frame = await until('a close frame comes', () => {
    const all = Buffer.concat(got)
    const rest = all.subarray(all.indexOf('\r\n\r\n') + 4)
    return rest.length >= 4 && rest
  })
  socket.destroy()
  assert.equal(frame[0], 0x88)
  return frame.readUInt16BE(2)
}

const wire: [what: string, bytes: Buffer, code: number][] = [
  ['invalid UTF-8', clientFrame(1, Buffer.from([0x22, 0xff, 0xfe, 0x22])), 1007],
  ['half a character', clientFrame(1, Buffer.from([0xf0, 0x9f, 0x91])), 1007],
  ['a frame that is not masked', Buffer.from([0x81, 1, 0x7b]), 1002],
  ['a reserved opcode', clientFrame(3, Buffer.from('x')), 1002],
  [
    'an absurd length',
    Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
    closeCodes.frameTooLarge.code,
  ],
  ['a length of 4 GB', Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), closeCodes.frameTooLarge.code],
]
for (const [what, bytes, code] of wire) {
  test(`${what} on the wire is closed with ${code}`, async () => {
    await using fixture = await RealtimeFixture.open()
    const { asha } = await fixture.pair()
    assert.equal(await closeCodeFor(fixture.port, bytes), code)
    await stillServes(fixture, asha)
  })
}

test('bytes after the handshake that are no WebSocket do no harm', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha } = await fixture.pair()
  for (let n = 0; n < 20; n++) {
    const noise = Buffer.from(fixture.randomness.fill(new Uint8Array(200)))
    const socket = connectTcp(fixture.port, '127.0.0.1')
    socket.on('error', () => {}) // The server may hang up on noise in any way.
    socket.write('GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n')
    socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    socket.end(noise)
    socket.resume()
  }
  await stillServes(fixture, asha)
  await until('they are gone', () => fixture.gateway.connections <= 1)
})

test('a client that never reads is closed as too slow, and what waited for it was bounded', async () => {
  await using fixture = await RealtimeFixture.open({ limits: { sendBufferBytes: 256 * 1024 } })
  const { asha, ben, conversation } = await fixture.pair()
  const [sender, sleeper] = [await fixture.connect(asha), await fixture.connect(ben)]
  sleeper.socket.pause()
  const text = 'x'.repeat(64 * 1024)
  await sendUntilGone(fixture, sender, { conversationId: conversation.id, text })
  sleeper.socket.resume()
  const { code } = await sleeper.closed()
  assert.equal(code, closeCodes.slowConsumer.code)
  const metrics = await fixture.metrics.text()
  assert.match(metrics, /koine_realtime_closed_total\{reason="slowConsumer"\} 1/)
  await stillServes(fixture, asha)
})

/** Sends one message after another until the gateway has closed somebody. */
async function sendUntilGone(
  fixture: RealtimeFixture,
  sender: TestClient,
  message: { conversationId: string; text: string },
): Promise<void> {
  for (let n = 0; n < 2000; n++) {
    await sender.answer({ type: 'send', ref: `r${n}`, clientMessageId: `m${n}`, ...message })
    sender.frames.length = 0
    if ((await fixture.metrics.text()).includes('slowConsumer')) return
  }
  assert.fail('nobody was closed')
}

test('a client that asks for everything and never reads holds only a bounded part of it in memory', async () => {
  await using fixture = await RealtimeFixture.open()
  const { asha, ben, conversation } = await fixture.pair()
  for (let n = 0; n < 100; n++) {
    await fixture.messaging.send(asha.scope, {
      conversationId: conversation.id,
      senderId: asha.id,
      clientMessageId: `m${n}`,
      text: 'x'.repeat(60_000),
    })
  }
  const client = await fixture.connect(ben)
  client.socket.pause()
  for (let n = 0; n < 50; n++) client.send({ type: 'catchUp', ref: `c${n}`, held: { [conversation.id]: 0 } })
  await stillServes(fixture, asha)
  client.socket.resume()
  const done = await client.answerTo('c0')
  assert.ok(done.type === 'caughtUp')
  const refusals = client.frames.filter(({ type }) => type === 'error')
  assert.ok(refusals.length > 0 && refusals.every((frame) => frame.type === 'error' && frame.code === 'overloaded'))
})

test('a flood of requests is read only as fast as it is answered', async () => {
  let waiting: (() => void)[] | undefined
  const faults = {
    before: (operation: string) =>
      waiting && operation.includes('write') ? new Promise<void>((resolve) => waiting!.push(resolve)) : undefined,
    after: () => {},
  }
  await using fixture = await RealtimeFixture.open({ faults, limits: { requestsInFlight: 4 } })
  const { person } = await fixture.tenant('acme')
  const [asha, ben] = [await person('Asha'), await person('Ben')]
  const conversations = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => fixture.conversation(asha, await person(`Friend ${n}`))),
  )
  const client = await fixture.connect(asha)
  waiting = []
  const count = 4000
  for (let n = 0; n < count; n++) {
    const conversationId = conversations[n % 8]!.id
    client.send({ type: 'send', ref: `r${n}`, conversationId, clientMessageId: `m${n}`, text: 'x'.repeat(1000) })
  }
  await until('four are at work', () => waiting!.length === 4)
  await stillServes(fixture, ben)
  assert.equal(waiting.length, 4)
  assert.ok(client.socket.bufferedAmount > 0, 'the rest still waits at the client')
  const held = waiting
  waiting = undefined
  for (const release of held) release()
  await until('all are answered', () => client.frames.filter(({ type }) => type === 'sent').length === count)
})
