import assert from 'node:assert/strict'
import test from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { ResolutionCache } from './resolution-cache.ts'

function fixture() {
  const clock = new ManualClock()
  const cache = new ResolutionCache<string, number>({ capacity: 2, ageMaxMs: 1000, monotonic: () => clock.monotonic() })
  let reads = 0
  const read = (key: string): Promise<number | undefined> => cache.get(key, async () => ++reads)
  return { clock, cache, read, reads: () => reads }
}

test('what is held is not read again until it ages out', async () => {
  const { clock, read } = fixture()
  assert.equal(await read('a'), 1)
  clock.advance(999)
  assert.equal(await read('a'), 1)
  clock.advance(1)
  assert.equal(await read('a'), 2)
})

test('it holds no more than its capacity and drops the longest unused', async () => {
  const { cache, read } = fixture()
  await read('a')
  await read('b')
  await read('a')
  await read('c')
  assert.equal(cache.size, 2)
  assert.equal(await read('a'), 1)
  assert.equal(await read('b'), 4)
})

test('what was forgotten while it was read is not kept', async () => {
  const { cache } = fixture()
  const value = await cache.get('a', async () => {
    cache.forget('a')
    return 1
  })
  assert.equal(value, 1)
  assert.equal(cache.size, 0)
})

test('what is not found is not kept', async () => {
  const { cache } = fixture()
  assert.equal(await cache.get('a', async () => undefined), undefined)
  assert.equal(cache.size, 0)
})
