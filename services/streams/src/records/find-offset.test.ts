import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, virtualCluster } from '../testing/virtual-cluster.ts'
import type { OffsetQuery } from './find-offset.ts'

const at = { topic: 'log', partition: 0 }

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
