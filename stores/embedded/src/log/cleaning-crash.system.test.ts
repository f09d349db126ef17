import { test } from 'node:test'
import { CleaningRun } from './cleaning-run.ts'

/** Runs the same work again and again, stopped one operation later each time, until it comes through. */
async function stopAtEach(what: 'machine' | 'program', seed: number): Promise<void> {
  for (let operations = 0; ; operations++) {
    const run = new CleaningRun(seed)
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
  test(`a log keeps its promises when the ${what} stops at any of the operations that it takes`, async () => {
    for (const seed of [1, 2]) await stopAtEach(what, seed)
  })
}
