import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, virtualCluster } from '../testing/virtual-cluster.ts'
import type { OffsetQuery } from './find-offset.ts'

const at = { topic: 'log', partition: 0 }
/** Where a batch's header has it. */
const maxTimestampAt = 35

const cases: readonly [query: OffsetQuery, offset: number, timestampMs: number][] = [
  ['earliest', 0, -1],
  ['latest', 5, -1],
  ['max-timestamp', 4, 9_001],
  [{ timestampMs: 0 }, 0, 1_000],
  [{ timestampMs: 1_000 }, 0, 1_000],
  [{ timestampMs: 1_002 }, 2, 1_002],
  [{ timestampMs: 1_003 }, 3, 9_000],
  [{ timestampMs: 9_002 }, -1, -1],
]

for (const [query, offset, timestampMs] of cases) {
  test(`the offset of ${JSON.stringify(query)} is ${offset}`, async () => {
    const { streams, scope } = virtualCluster()
    await streams.createTopic(scope, { name: at.topic })
    await streams.produce(scope, at, batchOf(['a', 'b', 'c'], {}, 1_000))
    await streams.produce(scope, at, batchOf(['d', 'e'], {}, 9_000))
    assert.deepEqual(await streams.findOffset(scope, at, query), { ok: true, offset, timestampMs })
  })
}

test('an empty partition has no record of any time', async () => {
  const { streams, scope } = virtualCluster()
  await streams.createTopic(scope, { name: at.topic })
  for (const query of ['max-timestamp', { timestampMs: 0 }] as const) {
    assert.deepEqual(await streams.findOffset(scope, at, query), { ok: true, offset: -1, timestampMs: -1 })
  }
})

test('a partition that isn’t there has no offsets', async () => {
  const { streams, scope } = virtualCluster()
  assert.deepEqual(await streams.findOffset(scope, at, 'latest'), { ok: false, reason: 'no-such-partition' })
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`the record of a time is found within a batch compressed with ${codec}`, async () => {
    const { streams, scope } = virtualCluster()
    await streams.createTopic(scope, { name: at.topic })
    await streams.produce(scope, at, batchOf(['a', 'b', 'c'], { codec }, 1_000))
    assert.deepEqual(await streams.findOffset(scope, at, { timestampMs: 1_001 }), {
      ok: true,
      offset: 1,
      timestampMs: 1_001,
    })
    assert.deepEqual(await streams.findOffset(scope, at, 'max-timestamp'), { ok: true, offset: 2, timestampMs: 1_002 })
  })
}

test('a record that has been given up is not found by its time', async () => {
  const { streams, scope } = virtualCluster()
  await streams.createTopic(scope, { name: at.topic })
  await streams.produce(scope, at, batchOf(['a', 'b', 'c'], {}, 1_000))
  await streams.produce(scope, at, batchOf(['d'], {}, 900))
  await streams.produce(scope, at, batchOf(['e'], {}, 1_001))
  await scope.log.deleteRecords(at, 3)
  assert.deepEqual(await streams.findOffset(scope, at, 'earliest'), { ok: true, offset: 3, timestampMs: -1 })
  assert.deepEqual(await streams.findOffset(scope, at, { timestampMs: 950 }), {
    ok: true,
    offset: 4,
    timestampMs: 1_001,
  })
})

test('of records with the largest time the first is found', async () => {
  const { streams, scope } = virtualCluster()
  await streams.createTopic(scope, { name: at.topic })
  for (const value of ['a', 'b']) await streams.produce(scope, at, batchOf([value], {}, 5_000))
  assert.deepEqual(await streams.findOffset(scope, at, 'max-timestamp'), { ok: true, offset: 0, timestampMs: 5_000 })
})

test('batches whose headers promise a time that none of their records has are not unpacked one after another', async () => {
  const { streams, scope } = virtualCluster()
  await streams.createTopic(scope, { name: at.topic })
  for (let i = 0; i < 5; i++) {
    const lying = batchOf(['a'], {}, 1_000)
    new DataView(lying.buffer, lying.byteOffset).setBigInt64(maxTimestampAt, 9_000n)
    await scope.log.append(at, lying)
  }
  const found = await streams.findOffset(scope, at, { timestampMs: 5_000 })
  assert.deepEqual(found, { ok: true, offset: 2, timestampMs: 9_000 })
})
