import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { ManualClock, until } from '@koine/base/testing'
import { queueConformance } from '../conformance/queue.ts'
import { MemoryQueue } from './memory-queue.ts'

queueConformance('memory', async () => {
  const clock = new ManualClock()
  const queue = new MemoryQueue({ clock, randomness: seededRandomness(1) })
  return { queue, pass: async (ms) => clock.advance(ms), [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() }
})

test('a job whose outcome could not be kept is handed out again after its visibility time', async () => {
  const clock = new ManualClock()
  const randomness = seededRandomness(2)
  let failures = 1
  const before = (operation: string): void => {
    if (operation === 'queue.complete' && failures-- > 0) throw new Error('the store is away')
  }
  const queue = new MemoryQueue({ clock, randomness, faults: { before, after: () => {} } })
  const tenant = queue.forTenant(tenantIds.make({ clock, randomness }))
  const attempts: number[] = []
  const options = { concurrency: 1, visibilityMs: 500, attemptsMax: 9, backoff: { firstMs: 1, factor: 1, maxMs: 1 } }
  await using _worker = queue.work('mail', options, async ({ attempt }) => void attempts.push(attempt))
  await tenant.enqueue('mail', { body: 'a' })
  await until('it was tried again', () => {
    clock.advance(100)
    return attempts.length === 2
  })
  await until('it is done', async () => (await tenant.depth('mail')).running === 0)
  assert.deepEqual(attempts, [1, 2])
})

test('claims that fail are tried again', async () => {
  const clock = new ManualClock()
  const randomness = seededRandomness(2)
  let failures = 3
  const before = (operation: string): void => {
    if (operation === 'queue.claim' && failures-- > 0) throw new Error('the store is away')
  }
  const queue = new MemoryQueue({ clock, randomness, faults: { before, after: () => {} } })
  const done: string[] = []
  const options = { concurrency: 1, visibilityMs: 500, attemptsMax: 9, backoff: { firstMs: 1, factor: 1, maxMs: 1 } }
  await using _worker = queue.work('mail', options, async ({ body }) => void done.push(body))
  await queue.forTenant(tenantIds.make({ clock, randomness })).enqueue('mail', { body: 'a' })
  await until('it was done', () => {
    clock.advance(500)
    return done.length === 1
  })
})
