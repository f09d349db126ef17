import { test } from 'node:test'
import { until } from '@koine/base/testing'
import fc from 'fast-check'
import { CleaningRun, tenant } from '../cleaning-run.ts'
import { objectKey } from './object-format.ts'

/** More of them when hunting. */
const numRuns = Number(process.env['KOINE_TEST_RUNS'] ?? 25)
const atOnce = { copyAfterMs: 0, localMs: 0, readCacheBytes: 1 }

test('a log whose segments go to the blob store keeps its promises over crashes at any operation', async () => {
  const stop = fc.record({
    operations: fc.nat(1200),
    what: fc.constantFrom('machine' as const, 'program' as const),
    readFirst: fc.boolean(),
    loseIndexes: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.constantFrom(0, 20),
      fc.array(stop, { minLength: 1, maxLength: 4 }),
      async (seed, localMs, stops) => {
        const run = new CleaningRun(seed, { ...atOnce, localMs })
        for (const { operations, what, readFirst, loseIndexes } of stops) {
          const stopped = run.disk.stopAt(operations, what)
          const log = run.logOf(run.open())
          const working = async (): Promise<void> => {
            if (readFirst) await run.check(log)
            await run.work(log, 3)
          }
          await Promise.race([stopped, working()])
          run.disk.crash()
          if (loseIndexes) run.loseIndexes()
        }
        await checkAtRest(run)
      },
    ),
    { numRuns },
  )
})

/** Checks it before and after everything has gone to the blob store, and again without any index on the disk. */
async function checkAtRest(run: CleaningRun): Promise<void> {
  {
    await using opened = run.open()
    const log = run.logOf(opened)
    await run.check(log)
    await run.work(log, 1)
    await run.check(log)
    if (await log.topic('t')) {
      await until('only the active segment is on the disk', async () => (await log.usage()).localSegments <= 1)
      await until(
        'there are the objects that count',
        async () => (await keysOf(run)).join() === (await recorded(run)).join(),
      )
    }
    await run.check(log)
  }
  run.loseIndexes()
  await using again = run.open()
  await run.check(run.logOf(again))
}

async function keysOf(run: CleaningRun): Promise<string[]> {
  const { blobs } = await run.blobs.forTenant(tenant).list({ prefix: '', limit: 1000 })
  return blobs.map(({ key }) => key)
}

/** The keys of the objects that the tables tell of: none of them on its way anywhere. */
async function recorded(run: CleaningRun): Promise<string[]> {
  const tables = run.tables.forTenant(tenant)
  const { records } = await tables.query({ table: 'log.objects', pk: 'objects', limit: 100 })
  return records.flatMap(({ key, attributes: { state, generation } }) => {
    if (state === 'gone') return []
    if (state !== 'copied') return ['not at rest']
    return [objectKey({ sequence: Number(key.sk), generation: Number(generation) })]
  })
}
