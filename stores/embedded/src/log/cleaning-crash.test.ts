import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CleaningRun } from './cleaning-run.ts'

/** More of them when hunting. */
const numRuns = Number(process.env['KOINE_TEST_RUNS'] ?? 25)

test('a log that is given up and rewritten keeps its promises over crashes at any operation', async () => {
  const stop = fc.record({
    operations: fc.nat(400),
    what: fc.constantFrom('machine' as const, 'program' as const),
    readFirst: fc.boolean(),
    loseIndexes: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(stop, { minLength: 1, maxLength: 4 }), async (seed, stops) => {
      const run = new CleaningRun(seed)
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
    }),
    { numRuns },
  )
})

/** Checks it twice, with some work between, and what is left on the disk. */
async function checkAtRest(run: CleaningRun): Promise<void> {
  const opened = run.open()
  await run.check(run.logOf(opened))
  await run.work(run.logOf(opened), 1)
  await run.check(run.logOf(opened))
  await opened[Symbol.asyncDispose]()
  for (const loseIndexes of [false, true]) {
    if (loseIndexes) run.loseIndexes()
    const again = run.open()
    await run.check(run.logOf(again))
    await again[Symbol.asyncDispose]()
  }
  const sequences = run.disk.names().flatMap((name) => /(\d{16})(-\d+)?\.segment$/.exec(name)?.[1] ?? [])
  assert.equal(new Set(sequences).size, sequences.length, 'There is one generation of each segment.')
  assert.ok(!run.disk.names().some((name) => name.endsWith('.new')))
}
