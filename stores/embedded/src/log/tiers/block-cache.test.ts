import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { blockBytes, BlockCache } from './block-cache.ts'

const block = (text: string) => async () => Buffer.from(text)

test('what one reader waits for another gets too, and what is held is not loaded again', async () => {
  const cache = new BlockCache(4 * blockBytes, systemClock)
  const loading = Promise.withResolvers<Buffer>()
  const one = cache.get(1, 0, () => loading.promise)
  const other = cache.get(1, 0, block('never'))
  loading.resolve(Buffer.from('a'))
  assert.equal(String(await one), 'a')
  assert.equal(await other, await one)
  assert.equal(String(await cache.get(2, 0, block('b'))), 'b')
})

test('the blocks unused for longest go beyond the bound, and a block that failed is loaded again', async () => {
  const cache = new BlockCache(2 * blockBytes, systemClock)
  await assert.rejects(cache.get(1, 0, () => Promise.reject(new Error('no'))))
  for (const number of [0, 1, 0, 2]) await cache.get(1, number, block(`${number}`))
  assert.ok(cache.bytes <= 2 * blockBytes)
  assert.ok(cache.wasWanted(1, 0) && cache.wasWanted(1, 2))
  assert.ok(!cache.wasWanted(1, 1))
})

test('blocks fetched ahead take half of the room at most, also when nobody wants them', async () => {
  const cache = new BlockCache(8 * blockBytes, systemClock)
  const loaded: number[] = []
  const load = (number: number) => async () => {
    loaded.push(number)
    return Buffer.from(`${number}`)
  }
  for (let number = 0; number < 20; number++) cache.fetchAhead(1, number, load(number))
  assert.deepEqual(loaded, [0, 1, 2, 3])
  await cache.get(1, 2, load(2))
  cache.fetchAhead(1, 7, load(7))
  cache.fetchAhead(1, 8, load(8))
  assert.deepEqual(loaded, [0, 1, 2, 3, 7])
  cache.forgetObject(1)
  assert.equal(cache.bytes, 0)
  for (let number = 0; number < 20; number++) cache.fetchAhead(2, number, load(number))
  assert.equal(loaded.length, 9)
})

test('the longer a block takes, the more are fetched ahead', async () => {
  let now = 0
  const cache = new BlockCache(64 * blockBytes, { monotonic: () => now })
  const before = cache.blocksAhead
  for (let number = 0; number < 20; number++) {
    await cache.get(1, number, async () => {
      now += 30
      return Buffer.alloc(1)
    })
  }
  assert.ok(before <= 2 && cache.blocksAhead >= 8, `${before}, then ${cache.blocksAhead}`)
})
