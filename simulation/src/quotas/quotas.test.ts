import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harsh } from './harsh.ts'
import { koraLike } from './kora-like.ts'
import { simulateQuotas } from './simulate-quotas.ts'
import { summarize, usePeakMax } from './summary.ts'
import { WindowPeak } from './window-peak.ts'

test('the peak of a window is its largest sum', () => {
  const peak = new WindowPeak(3)
  for (const amount of [1, 5, 5, 0, 5, 1]) peak.add(amount)
  assert.equal(peak.peak, 11)
})

test('on a cell as Kora’s, 99.9 % of tenants within their quota hardly wait, and none gets 5 % more than its quota', () => {
  const run = { population: koraLike, seed: 10, tenants: 150, seconds: 20 }
  const dynamic = summarize(simulateQuotas({ ...run, scheme: 'lazy-dynamic' }))
  assert.ok(dynamic.over > 0, 'some tenants want more than their quota')
  assert.ok(dynamic.withinUnthrottled > 0.999, `${dynamic.withinUnthrottled}`)
  assert.ok(dynamic.usePeak <= usePeakMax, `${dynamic.usePeak}`)
})

test('harsh tenants stay within 5 % of their quota as well, and nobody waits below 80 %', () => {
  const run = { population: harsh, seed: 2, tenants: 60, seconds: 25 }
  const dynamic = summarize(simulateQuotas({ ...run, scheme: 'lazy-dynamic' }))
  assert.ok(dynamic.over > 3, 'some tenants want more than their quota')
  assert.ok(dynamic.usePeak <= usePeakMax, `${dynamic.usePeak}`)
  assert.equal(dynamic.lazyUnthrottled, 1)
})

test('a run is replayed by its seed', () => {
  const short = { scheme: 'lazy-dynamic', population: harsh, seed: 5, tenants: 20, seconds: 20 } as const
  assert.deepEqual(simulateQuotas(short), simulateQuotas(short))
})
