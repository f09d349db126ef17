import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from './bounded-queue.ts'

test('a full refusing queue says no and keeps what it has', () => {
  const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'refuse' })
  assert.deepEqual([queue.offer(1), queue.offer(2), queue.offer(3)], [true, true, false])
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [1, 2, undefined])
})

test('a full dropping queue gives up its oldest and counts it', () => {
  const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'drop-oldest' })
  for (const item of [1, 2, 3]) queue.offer(item)
  assert.deepEqual([queue.shift(), queue.shift(), queue.dropped], [2, 3, 1])
})

test('a push to a full waiting queue goes on when there is room', async () => {
  const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' })
  await queue.push(1)
  const second = queue.push(2)
  assert.equal(queue.length, 1)
  assert.equal(queue.shift(), 1)
  assert.equal(await second, true)
  assert.equal(queue.shift(), 2)
})

test('closing ends an iteration after what is held, and refuses what waits', async () => {
  const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' })
  await queue.push(1)
  const refused = queue.push(2)
  queue.close()
  const seen: number[] = []
  for await (const item of queue) seen.push(item)
  assert.deepEqual(seen, [1])
  assert.equal(await refused, false)
})

test('it gives items in order and never holds more than its capacity', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean(), { maxLength: 3000 }), (capacity, steps) => {
      const queue = new BoundedQueue<number>({ capacity, whenFull: 'refuse' })
      const model: number[] = []
      for (const [index, add] of steps.entries()) {
        if (add) {
          if (queue.offer(index)) model.push(index)
        } else assert.equal(queue.shift(), model.shift())
        assert.ok(queue.length <= capacity)
        assert.equal(queue.length, model.length)
      }
    }),
    { numRuns: 50 },
  )
})
