import assert from 'node:assert/strict'
import type { JobId } from '@koine/base'
import { until } from '@koine/base/testing'
import { queueLimits } from '../queue.ts'
import { drained, Handler, hasCode, job, name, type On, settings, workOff } from './queue-case.ts'
import type { Cases } from './suite.ts'

export const basicCases = (on: On): Cases => ({
  'a job is handed to a worker and is gone when it is done': on(async ({ queue, mine, tenant }) => {
    const { id, made } = await mine.enqueue(name, job('{"to":"ben"}'))
    assert.equal(made, true)
    assert.deepEqual(await mine.depth(name), { waiting: 1, running: 0, dead: 0 })
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await handler.reaches(1)
    const [first] = handler.started
    assert.deepEqual({ ...first, enqueuedAtMs: 0 }, { id, tenant, body: '{"to":"ben"}', attempt: 1, enqueuedAtMs: 0 })
    assert.deepEqual(await mine.depth(name), { waiting: 0, running: 1, dead: 0 })
    handler.finish(0)
    await drained(mine)
    assert.deepEqual(await mine.depth(name), { waiting: 0, running: 0, dead: 0 })
  }),
  'a worker that is there already hears of new jobs': on(async ({ queue, mine }) => {
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await mine.enqueue(name, job('a'))
    await handler.reaches(1)
    await mine.enqueue(name, job('b'))
    handler.finish(0)
    await handler.reaches(2)
    handler.finish(1)
    await drained(mine)
  }),
  'jobs come by priority and then in the order of their arrival': on(async ({ queue, mine }) => {
    const arrivals = [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 9],
      ['e', 5],
      ['f', 0],
    ] as const
    for (const [body, priority] of arrivals) await mine.enqueue(name, job(body, { priority }))
    const done = await workOff(queue, 6)
    assert.equal(done.map(({ body }) => body).join(''), 'dbeacf')
  }),
  'a delayed job waits at least its delay': on(async ({ queue, mine, pass }) => {
    await mine.enqueue(name, job('late', { delayMs: 60_000 }))
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await mine.enqueue(name, job('now'))
    await handler.reaches(1)
    handler.finish(0)
    await until('only the delayed one is left', async () => (await mine.depth(name)).running === 0)
    await pass(59_000)
    assert.deepEqual(await mine.depth(name), { waiting: 1, running: 0, dead: 0 })
    assert.deepEqual(handler.bodies, ['now'])
    await pass(1000)
    await handler.reaches(2)
    handler.finish(1)
    await drained(mine)
  }),
  'while a job with a key waits or runs another is not made': on(async ({ queue, mine }) => {
    const first = await mine.enqueue(name, job('a', { deduplicationKey: 'k' }))
    assert.deepEqual(await mine.enqueue(name, job('b', { deduplicationKey: 'k' })), { id: first.id, made: false })
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await handler.reaches(1)
    assert.deepEqual(await mine.enqueue(name, job('c', { deduplicationKey: 'k' })), { id: first.id, made: false })
    assert.equal((await mine.enqueue(name, job('d', { deduplicationKey: 'another' }))).made, true)
    handler.finish(0)
    await handler.reaches(2)
    handler.finish(1)
    await drained(mine)
    assert.equal((await mine.enqueue(name, job('e', { deduplicationKey: 'k' }))).made, true)
    assert.deepEqual(handler.bodies.slice(0, 2), ['a', 'd'])
    await handler.reaches(3)
    handler.finish(2)
  }),
  'of many enqueued at once under one key one is made': on(async ({ mine }) => {
    const make = (): Promise<{ id: JobId; made: boolean }> => mine.enqueue(name, job('a', { deduplicationKey: 'k\0é' }))
    const results = await Promise.all(Array.from({ length: 8 }, make))
    assert.equal(results.filter(({ made }) => made).length, 1)
    assert.equal(new Set(results.map(({ id }) => id)).size, 1)
    assert.equal((await mine.depth(name)).waiting, 1)
  }),
  'queues of other names have other jobs': on(async ({ queue, mine }) => {
    await mine.enqueue('other', job('theirs', { deduplicationKey: 'k' }))
    await mine.enqueue(name, job('mine', { deduplicationKey: 'k' }))
    assert.deepEqual(
      (await workOff(queue, 1)).map(({ body }) => body),
      ['mine'],
    )
    assert.deepEqual(await mine.depth('other'), { waiting: 1, running: 0, dead: 0 })
  }),
  'names, bodies, delays and limits out of bounds are refused': on(async ({ mine }) => {
    const invalid = hasCode('invalid_request')
    for (const bad of ['', 'Mail', 'a b', '../a', 'x'.repeat(queueLimits.queueNameCharacters + 1)]) {
      await assert.rejects(async () => mine.enqueue(bad, job('a')), invalid)
    }
    const extras = [{ delayMs: -1 }, { delayMs: queueLimits.delayMs + 1 }, { priority: 10 }, { priority: 0.5 }]
    for (const extra of [...extras, { deduplicationKey: '' }]) {
      await assert.rejects(mine.enqueue(name, job('a', extra)), invalid)
    }
    await assert.rejects(mine.enqueue(name, job('x'.repeat(queueLimits.bodyBytes + 1))), hasCode('too_large'))
    await assert.rejects(async () => mine.deadLetters(name, { limit: 0 }), invalid)
    await assert.rejects(async () => mine.deadLetters(name, { limit: 1, cursor: 'nonsense' }), invalid)
    assert.equal((await mine.enqueue(name, job('x'.repeat(queueLimits.bodyBytes)))).made, true)
  }),
})
