import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MessageGroup, type Row, rowsOf, sameGroup } from './grouping.ts'
import { by, messageOf } from './message.fixture.ts'
import { emptyTimeline, reduceTimeline, type Timeline } from './timeline.ts'

const dayOf = (iso: string): string => iso.slice(0, 10)
const timelineOf = (messages: Timeline['messages'], part: Partial<Timeline> = {}): Timeline => ({
  ...reduceTimeline(emptyTimeline('asha'), { type: 'loaded', messages }),
  ...part,
})

/** Rows in short: `day`, `new`, or the sender with the texts. */
const brief = (rows: readonly Row[]): string[] =>
  rows.map((row) => (row.kind === 'group' ? `${row.senderId}: ${row.entries.map((e) => e.text).join(', ')}` : row.kind))

function check(timeline: Timeline, expected: readonly string[]): void {
  assert.deepEqual(brief(rowsOf(timeline, dayOf)), expected)
}

test('an empty timeline has no rows', () => check(emptyTimeline('asha'), []))

test('neighbours of one sender stand together, another sender starts a group', () => {
  check(timelineOf([by('ben', 1), by('ben', 2), by('asha', 3), by('ben', 4)]), [
    'day',
    'ben: text 1, text 2',
    'asha: text 3',
    'ben: text 4',
  ])
})

test('a long silence starts a group', () => {
  check(timelineOf([by('ben', 1), messageOf({ seq: 2, sentAt: '2026-03-09T08:20:00.000Z' })]), [
    'day',
    'ben: text 1',
    'ben: text 2',
  ])
})

test('each day has its line', () => {
  const late = messageOf({ seq: 1, sentAt: '2026-03-09T23:59:00.000Z' })
  const early = messageOf({ seq: 2, sentAt: '2026-03-10T00:00:30.000Z' })
  check(timelineOf([late, early]), ['day', 'ben: text 1', 'day', 'ben: text 2'])
})

test('the "New" line parts a group', () => {
  check(timelineOf([by('ben', 1), by('ben', 2)], { dividerSeq: 2 }), ['day', 'ben: text 1', 'new', 'ben: text 2'])
})

test('what is on its way stands last, in the group of its sender', () => {
  const outgoing = [
    { clientMessageId: 'c', text: 'soon', writtenAt: '2026-03-09T08:02:30.000Z', state: 'pending' },
  ] as const
  check(timelineOf([by('ben', 1), by('asha', 2)], { outgoing }), ['day', 'ben: text 1', 'asha: text 2, soon'])
})

test('a bubble keeps its key when its message is acknowledged', () => {
  const keys = (timeline: Timeline): string[] =>
    rowsOf(timeline, dayOf).flatMap((row) => (row.kind === 'group' ? row.entries.map((e) => e.key) : []))
  const writtenAt = '2026-03-09T08:01:00.000Z'
  const pending = timelineOf([], { outgoing: [{ clientMessageId: 'c', text: 'soon', writtenAt, state: 'pending' }] })
  const sent = timelineOf([messageOf({ seq: 1, senderId: 'asha', clientMessageId: 'c', text: 'soon' })])
  assert.deepEqual(keys(pending), keys(sent))
})

test('an own message is read once the other has read up to it', () => {
  const [, group] = rowsOf(timelineOf([by('asha', 1), by('asha', 2)], { readSeqs: { ben: 1, asha: 2 } }), dayOf)
  assert.equal(group?.kind, 'group')
  assert.deepEqual(group?.kind === 'group' && group.entries.map((e) => e.state), ['read', 'sent'])
})

test('a group looks the same until one of its messages changes', () => {
  const groupOf = (timeline: Timeline): MessageGroup => rowsOf(timeline, dayOf)[1] as MessageGroup
  const one = groupOf(timelineOf([by('asha', 1)]))
  assert.equal(sameGroup(one, groupOf(timelineOf([by('asha', 1), by('ben', 4)], { readSeqs: {} }))), true)
  assert.equal(sameGroup(one, groupOf(timelineOf([by('asha', 1), by('asha', 2)]))), false)
  assert.equal(sameGroup(one, groupOf(timelineOf([by('asha', 1)], { readSeqs: { ben: 1 } }))), false)
})
