import assert from 'node:assert/strict'
import { until } from '@koine/base/testing'
import type { JobHandler, Queue, TenantQueue, WorkOptions } from '../queue.ts'
import { drained, Handler, job, name, type On, settings, type Stage, workOff } from './queue-case.ts'
import type { Cases } from './suite.ts'

export const failureCases = (on: On): Cases => ({
  'a job that failed is tried again after its backoff': on(async ({ queue, mine, pass }) => {
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await mine.enqueue(name, job('a'))
    await handler.reaches(1)
    handler.fail(0, 'no route')
    await until('it waits', async () => (await mine.depth(name)).waiting === 1)
    await pass(499) // Half of the backoff may be taken off by chance.
    assert.equal(handler.started.length, 1)
    await pass(501)
    await handler.reaches(2)
    assert.equal(handler.started[1]!.attempt, 2)
    assert.equal(handler.started[1]!.id, handler.started[0]!.id)
    handler.finish(1)
    await drained(mine)
    assert.equal((await mine.depth(name)).dead, 0)
  }),
  'a handler that throws at once has failed': on(async ({ queue, mine, pass }) => {
    let calls = 0
    const handler: JobHandler = () => {
      calls++
      if (calls === 1) throw new Error('at once')
      return Promise.resolve()
    }
    await using _worker = queue.work(name, settings, handler)
    await mine.enqueue(name, job('a'))
    await until('it failed and waits', async () => calls === 1 && (await mine.depth(name)).waiting === 1)
    await pass(1000)
    await until('it was called again', () => calls === 2)
    await drained(mine)
  }),
  'after its last attempt a job is a dead letter with its last error': on(async ({ queue, mine, tenant, pass }) => {
    const { id } = await mine.enqueue(name, job('a', { deduplicationKey: 'k' }))
    await die(queue, mine, pass)
    assert.deepEqual(await mine.depth(name), { waiting: 0, running: 0, dead: 1 })
    const { jobs, cursor } = await mine.deadLetters(name, { limit: 10 })
    const [dead] = jobs
    assert.deepEqual(
      { ...dead, enqueuedAtMs: 0, diedAtMs: 0 },
      { id, tenant, body: 'a', attempt: 3, enqueuedAtMs: 0, error: 'failure 3', diedAtMs: 0 },
    )
    assert.ok(dead!.diedAtMs > dead!.enqueuedAtMs)
    assert.equal(cursor, undefined)
    assert.equal((await mine.enqueue(name, job('b', { deduplicationKey: 'k' }))).made, true, 'its key is free')
  }),
  'a dead letter that is retried starts again at its first attempt': on(async ({ queue, mine, pass }) => {
    const { id } = await mine.enqueue(name, job('a'))
    await die(queue, mine, pass)
    assert.equal(await mine.retryDeadLetter(name, id), true)
    assert.equal(await mine.retryDeadLetter(name, id), false)
    assert.deepEqual(await mine.depth(name), { waiting: 1, running: 0, dead: 0 })
    const [done] = await workOff(queue, 1)
    assert.equal(done!.id, id)
    assert.equal(done!.attempt, 1)
    await drained(mine)
  }),
  'a dead letter comes back though its key was taken meanwhile': on(async ({ queue, mine, pass }) => {
    const old = await mine.enqueue(name, job('old', { deduplicationKey: 'k' }))
    await die(queue, mine, pass)
    const young = await mine.enqueue(name, job('young', { deduplicationKey: 'k' }))
    assert.equal(await mine.retryDeadLetter(name, old.id), true)
    assert.deepEqual(await mine.enqueue(name, job('c', { deduplicationKey: 'k' })), { id: young.id, made: false })
    const done = await workOff(queue, 2)
    assert.deepEqual(done.map(({ body }) => body).sort(), ['old', 'young'])
    await drained(mine)
    assert.equal((await mine.enqueue(name, job('d', { deduplicationKey: 'k' }))).made, true)
  }),
  'a dead letter can be deleted, and only a dead one': on(async ({ queue, mine, pass, newTenant }) => {
    const { id } = await mine.enqueue(name, job('a'))
    assert.equal(await mine.deleteDeadLetter(name, id), false)
    assert.equal(await mine.retryDeadLetter(name, id), false)
    await die(queue, mine, pass)
    assert.equal(await queue.forTenant(newTenant()).deleteDeadLetter(name, id), false)
    assert.equal(await mine.deleteDeadLetter(name, id), true)
    assert.equal(await mine.deleteDeadLetter(name, id), false)
    assert.deepEqual(await mine.depth(name), { waiting: 0, running: 0, dead: 0 })
  }),
  'dead letters are listed in pages, the oldest first': on(async ({ queue, mine, pass }) => {
    for (const body of ['a', 'b', 'c']) await mine.enqueue(name, job(body))
    await die(queue, mine, pass, { attemptsMax: 1 }, 3)
    const first = await mine.deadLetters(name, { limit: 2 })
    assert.deepEqual(
      first.jobs.map(({ body }) => body),
      ['a', 'b'],
    )
    const second = await mine.deadLetters(name, { limit: 2, cursor: first.cursor! })
    assert.deepEqual(
      second.jobs.map(({ body }) => body),
      ['c'],
    )
    assert.equal(second.cursor, undefined)
  }),
  'a job held past its visibility time is handed out again': on(async ({ queue, mine, pass }) => {
    const handler = new Handler()
    await using _worker = queue.work(name, { ...settings, concurrency: 2 }, handler.run)
    await mine.enqueue(name, job('slow', { deduplicationKey: 'k' }))
    await handler.reaches(1)
    assert.equal(handler.signals[0]!.aborted, false)
    await pass(settings.visibilityMs)
    await handler.reaches(2)
    assert.equal(handler.signals[0]!.aborted, true)
    assert.equal(handler.started[1]!.attempt, 2)
    handler.finish(0) // Too late: it is another's by now.
    await mine.enqueue(name, job('next'))
    await handler.reaches(3)
    assert.equal((await mine.enqueue(name, job('x', { deduplicationKey: 'k' }))).made, false)
    handler.finish(1)
    handler.finish(2)
    await drained(mine)
    assert.deepEqual(await mine.depth(name), { waiting: 0, running: 0, dead: 0 })
  }),
  'a job never settled on its last attempt is dead': on(async ({ queue, mine, pass }) => {
    const handler = new Handler()
    await using _worker = queue.work(name, { ...settings, concurrency: 2, attemptsMax: 1 }, handler.run)
    await mine.enqueue(name, job('slow'))
    await handler.reaches(1)
    await pass(settings.visibilityMs)
    await until('it is dead', async () => (await mine.depth(name)).dead === 1)
    handler.fail(0, 'too late')
    assert.equal((await mine.deadLetters(name, { limit: 1 })).jobs[0]!.attempt, 1)
  }),
})

/** Fails every attempt of `count` jobs until they are dead. */
async function die(
  queue: Queue,
  mine: TenantQueue,
  pass: Stage['pass'],
  options: Partial<WorkOptions> = {},
  count = 1,
): Promise<void> {
  const work = { ...settings, ...options }
  await using _worker = queue.work(name, work, async ({ attempt }) => {
    throw new Error(`failure ${attempt}`)
  })
  await until('all are dead', async () => {
    const { dead, running } = await mine.depth(name)
    if (dead < count && running === 0) await pass(1000)
    return dead >= count
  })
}
