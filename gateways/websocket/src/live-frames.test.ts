import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversationIds, messageIds, seededRandomness, userIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Message } from '@koine/services-messaging'
import { LiveFrames } from './live-frames.ts'

const source = { clock: new ManualClock(), randomness: seededRandomness(1) }
const newMessage = (): Message => ({
  id: messageIds.make(source),
  conversationId: conversationIds.make(source),
  seq: 1,
  senderId: userIds.make(source),
  clientMessageId: 'm',
  text: 'Hello 👋',
  sentAt: '2026-01-01T00:00:00.000Z',
})
const payload = (frame: Buffer): unknown => JSON.parse(frame.toString('utf8', frame[1] === 126 ? 4 : 2))

test('one message is one frame, however many events tell of it', () => {
  const frames = new LiveFrames()
  const message = newMessage()
  const first = frames.of({ type: 'message', message })
  assert.deepEqual(payload(first), { type: 'message', message })
  assert.equal(frames.of({ type: 'message', message: { ...message } }), first)
  assert.deepEqual(payload(frames.sent('r', message)), { type: 'sent', ref: 'r', message })
})

test('messages that were pushed out are encoded again', () => {
  const frames = new LiveFrames(2)
  const messages = [newMessage(), newMessage(), newMessage()]
  const made = messages.map((message) => frames.of({ type: 'message', message }))
  const again = messages.map((message) => frames.of({ type: 'message', message }))
  assert.deepEqual(again, made)
})

test('another event is encoded once for those who hear it in a row', () => {
  const frames = new LiveFrames()
  const { conversationId, senderId: userId } = newMessage()
  const event = { type: 'read', conversationId, userId, seq: 3 } as const
  const frame = frames.of(event)
  assert.deepEqual(payload(frame), event)
  assert.equal(frames.of(event), frame)
  assert.notEqual(frames.of({ ...event, seq: 4 }), frame)
})
