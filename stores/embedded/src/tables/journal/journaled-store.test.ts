import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, wholeNumber } from '@koine/base'
import { until } from '@koine/base/testing'
import type { LogFiles } from '../../log/log-files.ts'
import type { RecordEntry } from '../entry.ts'
import { encodeFrame } from './journal-frame.ts'
import { JournaledRun } from './journaled-run.ts'
import { JournaledStore } from './journaled-store.ts'

const seeds = 80

test('over crashes at any operation, all that was acknowledged is there, and nothing else but what was under way', async () => {
  for (let seed = 0; seed < seeds; seed++) {
    const run = new JournaledRun(seed)
    for (let life = 0; life < 6; life++) {
      const stopped = run.disk.stopAt(1 + wholeNumber(run.randomness, 60), life % 2 === 0 ? 'machine' : 'program')
      const living = live(run, 25).catch(unlessWrong)
      await Promise.race([living, stopped])
    }
    run.disk.stopAt(Infinity, 'program').catch(() => {})
    const store = await run.open()
    run.check(store)
    await store.close()
    assert.deepEqual(
      run.disk.names().filter((name) => name.includes('journal')),
      [],
      'A closed store leaves no journal.',
    )
    const again = await run.open()
    run.check(again)
  }
})

test('over failures of the disk, what was refused is there as a whole or not at all', async () => {
  for (let seed = 0; seed < seeds; seed++) {
    const run = new JournaledRun(seed)
    for (let life = 0; life < 6; life++) {
      const operation = (['write', 'sync', 'open', 'syncDirectory'] as const)[wholeNumber(run.randomness, 4)]!
      const store = await run.open()
      run.check(store)
      if (life % 2 === 0) run.disk.failNext(operation)
      await commits(run, store, 20).catch(unlessWrong)
      run.disk.heal()
      await store.close()
    }
  }
})

test('a base that fails loses nothing, refuses what follows, and is tried again at the next opening', async () => {
  const run = new JournaledRun(1)
  const store = await run.open()
  await commits(run, store, 2)
  run.base.before = () => Promise.reject(new Error('ENOSPC'))
  await assert.rejects(commits(run, store, 50), { code: 'unavailable' })
  run.check(store)
  await store.close()
  const again = await run.open()
  run.check(again)
  await again.close()
  run.base.before = async () => {}
  const healed = await run.open()
  await commits(run, healed, 50)
  await healed.close()
  run.check(await run.open())
})

test('a base that never comes back is noticed, and its store is left alone', async () => {
  const run = new JournaledRun(2)
  const held = Promise.withResolvers<void>()
  const files = run.disk.mount()
  const limits = { layerBytes: 1, baseTimeoutMs: 20 }
  const base = run.base.open(files)
  const store = await JournaledStore.open({ base, files, directory: '/tables', clock: run.clock, limits })
  await run.commit(store)
  run.base.before = () => held.promise
  await run.commit(store)
  await until('it is noticed', () => store.stuck)
  await assert.rejects(run.commit(store), { code: 'timeout' })
  held.resolve()
  await until('it is over', () => !store.stuck)
})

test('closing waits for a commit to the base only so long, and closes the base once that has come back', async () => {
  const run = new JournaledRun(4)
  const held = Promise.withResolvers<void>()
  const files = run.disk.mount()
  let closed = 0
  const base = { ...run.base.open(files), close: async () => void closed++ }
  const limits = { baseTimeoutMs: 20 }
  const store = await JournaledStore.open({ base, files, directory: '/tables', clock: run.clock, limits })
  await run.commit(store)
  run.base.before = () => held.promise
  await store.close()
  assert.ok(store.stuck)
  assert.equal(closed, 0)
  held.resolve()
  await until('it is over', () => !store.stuck)
  await store.close()
  assert.equal(closed, 1)
  run.check(await run.open())
})

test('the base is closed also when the journal cannot be removed', async () => {
  const run = new JournaledRun(5)
  const files = run.disk.mount()
  let closed = 0
  const base = { ...run.base.open(files), close: async () => void closed++ }
  const store = await JournaledStore.open({ base, files, directory: '/tables', clock: run.clock })
  await run.commit(store)
  run.disk.failNext('remove')
  await assert.rejects(store.close())
  assert.equal(closed, 1)
  run.check(await run.open())
})

test('a journal that could not be begun leaves no file open', async () => {
  const run = new JournaledRun(6)
  const mounted = run.disk.mount()
  let open = 0
  const files: LogFiles = {
    ...mounted,
    async open(path, mode) {
      const file = await mounted.open(path, mode)
      open++
      return { ...file, close: async () => void open-- }
    },
  }
  const store = await JournaledStore.open({ base: run.base.open(files), files, directory: '/tables', clock: run.clock })
  run.disk.failNext('syncDirectory')
  await assert.rejects(run.commit(store))
  await store.close()
  assert.equal(open, 0)
})

test('a value that holds what looks like a frame is not taken for one', async () => {
  const run = new JournaledRun(7)
  const open = () => {
    const files = run.disk.mount()
    const base = run.base.open(files)
    return JournaledStore.open({ base, files, directory: '/tables', clock: run.clock, randomness: seededRandomness(8) })
  }
  const store = await open()
  const forged = [...Array.from({ length: 200 }, (_, i) => i), 2 ** 31, 2 ** 32 - 1].map((generation) =>
    encodeFrame({ generation, number: 1 }, new Map([['t\0a\0x', [1, {}]]])),
  )
  const key = 't\0a\0k'
  await store.commit(new Map([[key, [1, { text: Buffer.concat(forged) }]]]))
  for (let version = 2; version < 4; version++) {
    run.clock.advance(2000)
    await until('the layer is down', () => (run.base.contents.get(key) as RecordEntry | undefined)?.[0] === version - 1)
    await store.commit(new Map([[key, [version, {}]]]))
  }
  run.disk.kill()
  assert.deepEqual((await open()).get(key), [3, {}])
})

test('a layer that nobody adds to goes down after its time', async () => {
  const run = new JournaledRun(3)
  const store = await run.open()
  await run.commit(store)
  const before = run.base.commits
  run.clock.advance(101)
  await until('it is down', () => run.base.commits > before)
  run.check(store)
})

/** The disk may fail; what is found may not be wrong. */
function unlessWrong(error: unknown): void {
  if (error instanceof assert.AssertionError) throw error
}

async function live(run: JournaledRun, count: number): Promise<void> {
  const store = await run.open()
  run.check(store)
  await commits(run, store, count)
  if (wholeNumber(run.randomness, 2) === 0) await store.close()
}

async function commits(run: JournaledRun, store: JournaledStore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await run.commit(store)
    run.check(store)
    if (wholeNumber(run.randomness, 4) === 0) run.clock.advance(101)
  }
}
