import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Value } from 'typebox/value'
import { decodeServerFrame } from './decode-server-frame.ts'
import { encodeFrame, encodeMessage, encodeMessageFrame, encodeSentFrame } from './encode.ts'
import { type ServerFrame, serverFrameSchemas, type ServerFrameType } from './server-frames.ts'

const message = {
  id: 'msg_1',
  conversationId: 'conv_1',
  seq: 1,
  senderId: 'user_1',
  clientMessageId: 'm1',
  text: 'Say "hi" \u2028 \\ 👋',
  sentAt: '2026-01-01T00:00:00.000Z',
}
const conversation = {
  id: 'conv_1',
  kind: 'group' as const,
  members: ['user_1', 'user_2'],
  createdAt: '2026-01-01T00:00:00.000Z',
  lastSeq: 4,
}
const frames: { [T in ServerFrameType]: ServerFrame } = {
  connected: {
    type: 'connected',
    userId: 'user_1',
    connectionId: 'cx_1',
    heartbeatMs: 30_000,
    limits: { frameBytes: 1, textBytes: 1 },
  },
  sent: { type: 'sent', ref: '1', message },
  message: { type: 'message', message },
  read: { type: 'read', conversationId: 'conv_1', userId: 'user_1', seq: 3 },
  conversation: { type: 'conversation', conversation },
  caughtUp: { type: 'caughtUp', hasMore: false, cursor: 'MQ', reset: true },
  cursor: { type: 'cursor', cursor: 'MQ' },
  pong: { type: 'pong' },
  error: { type: 'error', ref: '1', code: 'not_found', message: 'No.', retryable: false },
}

for (const [type, frame] of Object.entries(frames)) {
  test(`a ${type} frame comes through encoding and decoding, and fits its schema`, () => {
    assert.deepEqual(decodeServerFrame(encodeFrame(frame)), frame)
    assert.ok(Value.Check(serverFrameSchemas[frame.type], frame))
  })

  test(`a ${type} frame with a member of the wrong type is ignored`, () => {
    for (const name of Object.keys(frame)) {
      assert.equal(decodeServerFrame(JSON.stringify({ ...frame, [name]: [] })), undefined, name)
    }
  })
}

test('an unknown type, an unknown code and unknown members are what a newer server may send', () => {
  assert.equal(decodeServerFrame('{"type":"typing","userId":"user_1"}'), undefined)
  assert.equal(decodeServerFrame('{"type":"hasOwnProperty"}'), undefined)
  assert.equal(decodeServerFrame('{"type":"pong","atMs":1}')?.type, 'pong')
  assert.equal(decodeServerFrame('{"type":"error","code":"new","message":"m","retryable":true}')?.type, 'error')
})

test('a message that was encoded once fits into both of its frames', () => {
  const once = encodeMessage(message)
  assert.deepEqual(JSON.parse(encodeMessageFrame(once)), frames.message)
  assert.deepEqual(JSON.parse(encodeSentFrame('a "ref"', once)), { type: 'sent', ref: 'a "ref"', message })
})

test('a member that a message should not have does not reach the wire', () => {
  const loaded = { ...message, secret: 'no' }
  assert.deepEqual(JSON.parse(encodeMessage(loaded)), message)
})

test('no text makes the decoder throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      decodeServerFrame(text)
    }),
    { numRuns: 2000 },
  )
})
