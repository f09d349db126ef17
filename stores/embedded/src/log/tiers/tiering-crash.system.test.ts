import { test } from 'node:test'
import { CleaningRun } from '../cleaning-run.ts'

const atOnce = { copyAfterMs: 0, localMs: 0, readCacheBytes: 1 }

/** All of them when hunting: 1. */
const everyManieth = Number(process.env['KOINE_TEST_STEP'] ?? 5)

/** Runs the same work again and again, stopped a few operations later each time, until it comes through. */
async function stopAtMany(what: 'machine' | 'program'): Promise<void> {
  for (let operations = 0; ; operations += everyManieth) {
    const run = new CleaningRun(1, atOnce)
    const stopped = run.disk.stopAt(operations, what).then(() => 'stopped' as const)
    const opened = run.open()
    const working = run.work(run.logOf(opened), 2).then(() => 'through' as const)
    const outcome = await Promise.race([stopped, working])
    run.disk.crash()
    await using again = run.open()
    await run.check(run.logOf(again))
    await run.work(run.logOf(again), 1)
    await run.check(run.logOf(again))
    if (outcome === 'through') return
  }
}

for (const what of ['machine', 'program'] as const) {
  test(`a log in two tiers keeps its promises when the ${what} stops at any of the operations that it takes`, async () => {
    await stopAtMany(what)
  })
}
