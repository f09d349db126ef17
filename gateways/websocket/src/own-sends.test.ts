import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversationIds, messageIds, seededRandomness, userIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Message } from '@koine/services-messaging'
import { OwnSends } from './own-sends.ts'

const source = { clock: new ManualClock(), randomness: seededRandomness(1) }
const conversationId = conversationIds.make(source)
const senderId = userIds.make(source)
const message = (clientMessageId: string): Message => ({
  id: messageIds.make(source),
  conversationId,
  seq: 1,
  senderId,
  clientMessageId,
  text: 'x',
  sentAt: '2026-01-01T00:00:00.000Z',
})
const frame = Buffer.from('frame')

test('the live event of a message that is answered with is swallowed, whichever comes first', () => {
  const own = new OwnSends()
  const [early, late] = [message('a'), message('b')]
  own.begin(early)
  assert.equal(own.swallows(early, frame), true)
  own.answered(early)
  own.begin(late)
  own.answered(late)
  assert.equal(own.swallows(late, frame), true)
  assert.equal(own.swallows(late, frame), false, 'only once')
})

test('a message from another device of the same person is not swallowed', () => {
  assert.equal(new OwnSends().swallows(message('a'), frame), false)
})

test('when the answer never comes the swallowed event is given back', () => {
  const own = new OwnSends()
  const lost = message('a')
  own.begin(lost)
  own.swallows(lost, frame)
  assert.equal(own.failed(lost), frame)
  own.begin(lost)
  assert.equal(own.failed(lost), undefined)
})
