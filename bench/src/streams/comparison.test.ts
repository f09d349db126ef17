import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compared } from './comparison.ts'

const base = { id: 'x', unit: 'MiB/s' }

test('the ratio is of the medians, ours over the peer’s', () => {
  const { ours, peer, ratio, runs, peerRuns } = compared({
    ...base,
    bar: { atLeast: 1 },
    ours: [90, 300, 120],
    peer: [100, 1, 80],
  })
  assert.deepEqual({ ours, peer, ratio }, { ours: 120, peer: 80, ratio: 1.5 })
  assert.deepEqual({ runs, peerRuns }, { runs: [90, 300, 120], peerRuns: [100, 1, 80] })
})

test('a bar is met from below or from above, and by equality', () => {
  const check = (ours: number, bar: { atLeast: number } | { atMost: number }, met: boolean): void =>
    assert.equal(compared({ ...base, bar, ours: [ours], peer: [10] }).met, met)
  check(10, { atLeast: 1 }, true)
  check(9.99, { atLeast: 1 }, false)
  check(10, { atMost: 1 }, true)
  check(10.01, { atMost: 1 }, false)
})

test('the bar is told as it is in the table', () => {
  assert.equal(compared({ ...base, bar: { atMost: 0.33 }, ours: [1], peer: [2] }).bar, '≤ 0.33')
})
