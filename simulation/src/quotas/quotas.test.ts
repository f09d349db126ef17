import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateQuotas } from './simulate-quotas.ts'
import { summarize, usePeakMax } from './summary.ts'
import { WindowPeak } from './window-peak.ts'

const run = { seed: 3, tenants: 120, seconds: 90 }

test('the peak of a window is its largest sum', () => {
  const peak = new WindowPeak(3)
  for (const amount of [1, 5, 5, 0, 5, 1]) peak.add(amount)
  assert.equal(peak.peak, 11)
})

test('over 24 nodes no tenant goes above its quota by more than 5 % in any ten seconds, and those far below it hardly wait', () => {
  const dynamic = summarize(simulateQuotas({ ...run, scheme: 'lazy-dynamic' }))
  assert.ok(dynamic.over > 3, 'some tenants want more than their quota')
  assert.ok(dynamic.usePeak <= usePeakMax, `${dynamic.usePeak}`)
  // One of so few may be a burst that was foreseen to go on; decision 8 has the figures of large runs.
  assert.ok(dynamic.lazyUnthrottled > 0.98, `${dynamic.lazyUnthrottled}`)
  const even = summarize(simulateQuotas({ ...run, scheme: 'even-split' }))
  assert.ok(dynamic.withinUnthrottled > even.withinUnthrottled)
})

test('a run is replayed by its seed', () => {
  const short = { scheme: 'lazy-dynamic', seed: 5, tenants: 20, seconds: 20 } as const
  assert.deepEqual(simulateQuotas(short), simulateQuotas(short))
})
