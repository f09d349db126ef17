import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlineOf, pointsMax, spanMsOf, type UsagePoint, withUsage } from './usage-history.ts'
import { usageWith } from './usage.fixture.ts'

const producing = (perSecond: number) =>
  usageWith({ rates: { produceBytesPerSecond: { perSecond, quota: null, throttledMs: 0 } } })

test('the history grows by what comes, forgets the oldest, and takes nothing twice', () => {
  let history: readonly UsagePoint[] = []
  for (let at = 1; at <= pointsMax + 10; at++) history = withUsage(history, producing(at), at)
  assert.equal(history.length, pointsMax)
  assert.deepEqual([history[0]!.produce, history.at(-1)!.produce], [11, pointsMax + 10])
  assert.equal(withUsage(history, producing(1), pointsMax + 10), history)
})

test('a curve ends at the right edge, and a pause leaves its room', () => {
  const points = [
    { atMs: 1_000, value: 0 },
    { atMs: 6_000, value: 50 },
    { atMs: 11_000, value: 200 },
  ]
  assert.equal(outlineOf(points, { spanMs: 20_000, top: 100 }), '50,100 75,50 100,0')
  assert.equal(spanMsOf(points), 60_000)
  assert.equal(spanMsOf([{ atMs: 1_000 }, { atMs: 91_000 }]), 90_000)
  assert.equal(outlineOf([{ atMs: 5, value: 0 }], { spanMs: 10, top: 0 }), '100,100')
})
