import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortId, summarize } from './event-summary.ts'

test('a message event is summed up by its conversation, seq, sender and text', () => {
  const message = { conversationId: 'conv_1', seq: 7, senderId: 'user_1', text: 'Hello' }
  const event = {
    id: 'evt_1',
    type: 'koine.message.sent',
    subject: 'conv_1',
    time: '2026-03-09T08:00:00Z',
    data: { message },
  }
  assert.deepEqual(summarize({ cursor: '12', event }), {
    key: '12 evt_1',
    type: 'koine.message.sent',
    time: '2026-03-09T08:00:00Z',
    conversationId: 'conv_1',
    seq: 7,
    senderId: 'user_1',
    text: 'Hello',
  })
})

test('an event of an unknown form is shown without what it lacks', () => {
  const { key: _, ...summary } = summarize({ cursor: '1', event: { data: null, type: 3 } })
  assert.deepEqual(Object.values(summary).filter(Boolean), ['unknown'])
})

test('an id is shortened to its kind and the end that tells it apart', () => {
  assert.equal(shortId('conv_01kb2x3yt4e5v8p9q0r1s2t3v8'), 'conv_…s2t3v8')
  assert.equal(shortId('conv_1'), 'conv_1')
})
