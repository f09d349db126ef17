import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyEventBuffer, type EventBuffer, type EventBufferChange, reduceEvents } from './event-buffer.ts'

const capacity = 3
const after = (...changes: readonly EventBufferChange<number>[]): EventBuffer<number> =>
  changes.reduce((buffer, change) => reduceEvents(buffer, change, capacity), emptyEventBuffer<number>())
const arrived = (event: number) => ({ type: 'arrived', event }) as const

test('the newest event stands first', () => {
  assert.deepEqual(after(arrived(1), arrived(2)).shown, [2, 1])
})

test('past the bound the oldest leave and are counted', () => {
  const buffer = after(arrived(1), arrived(2), arrived(3), arrived(4), arrived(5))
  assert.deepEqual(buffer.shown, [5, 4, 3])
  assert.equal(buffer.dropped, 2)
})

test('while paused the list stands still; what came meanwhile shows when it goes on', () => {
  const paused = after(arrived(1), { type: 'paused' }, arrived(2), arrived(3))
  assert.deepEqual(paused.shown, [1])
  assert.deepEqual(paused.waiting, [3, 2])
  assert.deepEqual(reduceEvents(paused, { type: 'resumed' }, capacity).shown, [3, 2, 1])
})

test('clearing empties the list and stays paused when it was', () => {
  assert.deepEqual(after(arrived(1), { type: 'paused' }, arrived(2), { type: 'cleared' }), {
    ...emptyEventBuffer(),
    paused: true,
  })
})

test('whatever happens, the list is bounded and no event is lost without being counted', () => {
  const change = fc.oneof(
    fc.integer().map(arrived),
    fc.constantFrom({ type: 'paused' } as const, { type: 'resumed' } as const),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const buffer = after(...changes)
      assert.ok(buffer.shown.length <= capacity && buffer.waiting.length <= capacity)
      const came = changes.filter(({ type }) => type === 'arrived').length
      assert.equal(buffer.shown.length + buffer.waiting.length + buffer.dropped, came)
    }),
  )
})
