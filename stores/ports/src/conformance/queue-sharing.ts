import assert from 'node:assert/strict'
import { until } from '@koine/base/testing'
import { drained, Handler, job, name, type On, settings, workOff } from './queue-case.ts'
import type { Cases } from './suite.ts'

export const sharingCases = (on: On): Cases => ({
  "a tenant's flood delays another's job by one turn": on(async ({ queue, mine, newTenant }) => {
    for (let i = 0; i < 30; i++) await mine.enqueue(name, job('flood'))
    const handler = new Handler()
    await using _worker = queue.work(name, settings, handler.run)
    await handler.reaches(1)
    await queue.forTenant(newTenant()).enqueue(name, job('single'))
    for (let i = 0; i < 31; i++) {
      await handler.reaches(i + 1)
      handler.finish(i)
    }
    const position = handler.bodies.indexOf('single')
    assert.ok(position >= 1 && position <= 3, `started as number ${position}`)
    await drained(mine)
  }),
  'a tenant of twice the weight gets twice the turns': on(async ({ queue, mine, tenant, newTenant }) => {
    const other = queue.forTenant(newTenant())
    for (let i = 0; i < 20; i++) await mine.enqueue(name, job('heavy'))
    for (let i = 0; i < 20; i++) await other.enqueue(name, job('light'))
    const done = await workOff(queue, 40, { weightOf: (each) => (each === tenant ? 2 : 1) })
    const heavy = done.slice(0, 24).filter(({ body }) => body === 'heavy').length
    assert.ok(heavy >= 15 && heavy <= 17, `${heavy} of 24`)
  }),
  'as many jobs run at once as the concurrency says, and no more': on(async ({ queue, mine }) => {
    for (let i = 0; i < 8; i++) await mine.enqueue(name, job(`${i}`))
    const handler = new Handler()
    await using _worker = queue.work(name, { ...settings, concurrency: 3 }, handler.run)
    await handler.reaches(3)
    assert.deepEqual(await mine.depth(name), { waiting: 5, running: 3, dead: 0 })
    for (let i = 0; i < 8; i++) {
      await handler.reaches(i + 1)
      assert.ok(handler.started.length <= i + 3)
      handler.finish(i)
    }
    await drained(mine)
    assert.equal(new Set(handler.bodies).size, 8)
  }),
  'a worker that is disposed of finishes what runs and starts no more': on(async ({ queue, mine }) => {
    for (const body of ['a', 'b', 'c']) await mine.enqueue(name, job(body))
    const handler = new Handler()
    const worker = queue.work(name, settings, handler.run)
    await handler.reaches(1)
    let stopped = false
    const stopping = Promise.resolve(worker[Symbol.asyncDispose]()).then(() => (stopped = true))
    await mine.enqueue(name, job('d'))
    assert.equal(stopped, false)
    handler.finish(0)
    await stopping
    assert.deepEqual(handler.bodies, ['a'])
    assert.deepEqual(await mine.depth(name), { waiting: 3, running: 0, dead: 0 })
    assert.deepEqual(
      (await workOff(queue, 3)).map(({ body }) => body),
      ['b', 'c', 'd'],
    )
  }),
  'what a worker was waiting for the next worker does': on(async ({ queue, mine, pass }) => {
    const handler = new Handler()
    const worker = queue.work(name, settings, handler.run)
    await mine.enqueue(name, job('a'))
    await handler.reaches(1)
    handler.fail(0, 'once')
    await until('it waits', async () => (await mine.depth(name)).waiting === 1)
    await using _next = queue.work(name, settings, handler.run)
    await worker[Symbol.asyncDispose]()
    await pass(1000)
    await handler.reaches(2)
    handler.finish(1)
    await drained(mine)
  }),
  'two workers share the jobs, each done once': on(async ({ queue, mine, newTenant }) => {
    const other = queue.forTenant(newTenant())
    for (let i = 0; i < 15; i++) await mine.enqueue(name, job(`a${i}`))
    for (let i = 0; i < 15; i++) await other.enqueue(name, job(`b${i}`))
    const done: string[] = []
    const work = { ...settings, concurrency: 4 }
    await using _first = queue.work(name, work, async ({ body }) => void done.push(body))
    await using _second = queue.work(name, work, async ({ body }) => void done.push(body))
    await until('all were done', () => done.length >= 30)
    await drained(mine)
    await drained(other)
    assert.equal(new Set(done).size, 30)
    assert.equal(done.length, 30)
  }),
  'tenants share neither jobs, keys nor counts, and dropping one leaves the others': on(
    async ({ queue, mine, tenant, newTenant }) => {
      const other = queue.forTenant(newTenant())
      await mine.enqueue(name, job('mine', { deduplicationKey: 'k' }))
      assert.equal((await other.enqueue(name, job('theirs', { deduplicationKey: 'k' }))).made, true)
      await queue.dropTenant(tenant)
      assert.deepEqual(await mine.depth(name), { waiting: 0, running: 0, dead: 0 })
      assert.deepEqual(
        (await workOff(queue, 1)).map(({ body }) => body),
        ['theirs'],
      )
    },
  ),
})
