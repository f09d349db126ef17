import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { by, messageOf } from './message.fixture.ts'
import {
  canLoadOlder,
  emptyTimeline,
  gapAfter,
  messagesHeldMax,
  readByOthers,
  reduceTimeline,
  type Timeline,
  type TimelineChange,
  unreadCount,
} from './timeline.ts'

const after = (...changes: readonly TimelineChange[]): Timeline => changes.reduce(reduceTimeline, emptyTimeline('asha'))
const seqs = (timeline: Timeline): number[] => timeline.messages.map((m) => m.seq)
const outgoing = {
  clientMessageId: 'c1',
  text: 'Hello',
  writtenAt: '2026-03-09T10:00:00.000Z',
  state: 'pending',
} as const

test('messages are held once each and in the order of their seq, however they come', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), { maxLength: 12 }), (pages) => {
      const timeline = after(
        ...pages.map((page): TimelineChange => ({ type: 'loaded', messages: page.map((seq) => messageOf({ seq })) })),
      )
      assert.deepEqual(
        seqs(timeline),
        [...new Set(pages.flat())].sort((a, b) => a - b),
      )
    }),
  )
})

test('a message that is acknowledged takes the place of the one on its way', () => {
  const timeline = after(
    { type: 'written', outgoing },
    { type: 'arrived', message: messageOf({ seq: 1, senderId: 'asha', clientMessageId: 'c1' }) },
  )
  assert.equal(timeline.outgoing.length, 0)
  assert.deepEqual(seqs(timeline), [1])
})

test('a message of someone else with the same client id leaves the own one on its way', () => {
  const timeline = after(
    { type: 'written', outgoing },
    { type: 'arrived', message: messageOf({ seq: 1, senderId: 'ben', clientMessageId: 'c1' }) },
  )
  assert.equal(timeline.outgoing.length, 1)
})

test('the echo and the acknowledgement of one message show it once', () => {
  const message = messageOf({ seq: 1, senderId: 'asha', clientMessageId: 'c1' })
  const timeline = after({ type: 'written', outgoing }, { type: 'arrived', message }, { type: 'arrived', message })
  assert.deepEqual(seqs(timeline), [1])
})

test('a failed message keeps its text, says why, and can be tried again or discarded', () => {
  const failed = after({ type: 'written', outgoing }, { type: 'failed', clientMessageId: 'c1', problem: 'No network.' })
  assert.deepEqual(failed.outgoing, [{ ...outgoing, state: 'failed', problem: 'No network.' }])
  assert.deepEqual(reduceTimeline(failed, { type: 'retried', clientMessageId: 'c1' }).outgoing, [outgoing])
  assert.deepEqual(reduceTimeline(failed, { type: 'discarded', clientMessageId: 'c1' }).outgoing, [])
})

test('unread are the messages of others past the read position', () => {
  const timeline = after(
    { type: 'loaded', messages: [by('ben', 1), by('asha', 2), by('ben', 3), by('ben', 4)] },
    { type: 'read', userId: 'asha', seq: 3 },
  )
  assert.equal(unreadCount(timeline), 1)
})

test('a read position never goes back', () => {
  const timeline = after({ type: 'read', userId: 'ben', seq: 5 }, { type: 'read', userId: 'ben', seq: 2 })
  assert.equal(timeline.readSeqs.ben, 5)
})

test('who answers has read what came before', () => {
  const timeline = after({ type: 'loaded', messages: [by('asha', 1), by('ben', 2), by('asha', 3)] })
  assert.equal(readByOthers(timeline), 2)
})

test('a hole between held messages is found, and none when there is none', () => {
  assert.equal(gapAfter(after({ type: 'loaded', messages: [by('ben', 4), by('ben', 5), by('ben', 9)] })), 5)
  assert.equal(gapAfter(after({ type: 'loaded', messages: [by('ben', 4), by('ben', 5)] })), undefined)
  assert.equal(gapAfter(after()), undefined)
})

test('past the bound the oldest messages leave, and can be loaded again', () => {
  const many = Array.from({ length: messagesHeldMax }, (_, i) => by('ben', i + 1))
  const full = after({ type: 'loaded', messages: many, hasOlder: false })
  assert.equal(canLoadOlder(full), false)
  const timeline = reduceTimeline(full, { type: 'arrived', message: by('ben', messagesHeldMax + 1) })
  assert.equal(timeline.messages.length, messagesHeldMax)
  assert.equal(timeline.messages[0]!.seq, 2)
  assert.equal(timeline.hasOlder, true)
})

test('writing takes the "New" line away', () => {
  assert.equal(after({ type: 'divided', seq: 3 }, { type: 'written', outgoing }).dividerSeq, undefined)
})
