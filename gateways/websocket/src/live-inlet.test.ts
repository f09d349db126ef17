import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversationIds, messageIds, seededRandomness, type UserId, userIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Message } from '@koine/services-messaging'
import type { ToldEvent } from './live-frames.ts'
import { LiveInlet } from './live-inlet.ts'

const source = { clock: new ManualClock(), randomness: seededRandomness(1) }
const conversationId = conversationIds.make(source)
const [asha, ben] = [userIds.make(source), userIds.make(source)]
const message = (senderId: UserId, seq: number): Message => ({
  id: messageIds.make(source),
  conversationId,
  seq,
  senderId,
  clientMessageId: `m${seq}`,
  text: 'x',
  sentAt: '2026-01-01T00:00:00.000Z',
})
const event = (message: Message): ToldEvent => ({ type: 'message', message })
const frame = Buffer.from('frame')

test('only one’s own message is taken for the answer to one’s own send, whatever its clientMessageId', () => {
  const inlet = new LiveInlet()
  inlet.ownSends.begin(message(asha, 1))
  assert.equal(inlet.take(event(message(ben, 1)), frame, asha), 'write')
  assert.equal(inlet.take(event(message(asha, 1)), frame, asha), 'nothing')
})

test('what is held back comes through afterwards, without what the client was given meanwhile', () => {
  const inlet = new LiveInlet()
  assert.equal(inlet.holdBack(1000), true)
  assert.equal(inlet.holdBack(1000), false)
  const frames = [1, 2, 3].map((seq) => Buffer.from(String(seq)))
  for (const [index, each] of frames.entries()) {
    assert.equal(inlet.take(event(message(ben, index + 1)), each, asha), 'nothing')
  }
  const gone = Array.from(inlet.letGo(new Map([[conversationId, 2]])), ({ frame }) => frame)
  assert.deepEqual(gone, frames.slice(2))
  assert.equal(inlet.take(event(message(ben, 4)), frame, asha), 'write')
})

test('what is held back is bounded', () => {
  const inlet = new LiveInlet()
  inlet.holdBack(12)
  const verdicts = [1, 2, 3].map((seq) => inlet.take(event(message(ben, seq)), frame, asha))
  assert.deepEqual(verdicts, ['nothing', 'nothing', 'tooMuch'])
})
