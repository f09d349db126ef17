import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harsh } from './harsh.ts'
import { koraLike } from './kora-like.ts'
import { type SchemeName, simulateQuotas } from './simulate-quotas.ts'
import { summarize, usePeakMax } from './summary.ts'

test('over several cells as Kora’s both rules come out as published, and nobody gets 5 % more than its quota', () => {
  const outcome = (scheme: SchemeName) =>
    summarize(
      [5, 7].flatMap((seed) => simulateQuotas({ scheme, population: koraLike, seed, tenants: 300, seconds: 30 })),
    )
  const dynamic = outcome('lazy-dynamic')
  assert.ok(dynamic.withinUnthrottled > 0.999, `${dynamic.withinUnthrottled}`)
  assert.ok(dynamic.usePeak <= usePeakMax, `${dynamic.usePeak}`)
  const even = outcome('even-split')
  assert.ok(even.withinUnthrottled > 0.98 && even.withinUnthrottled < 0.999, `${even.withinUnthrottled}`)
})

test('of harsh tenants within their quota 98 % hardly wait, nearly none below 80 %, and nobody gets 5 % more', () => {
  const dynamic = summarize(
    simulateQuotas({ scheme: 'lazy-dynamic', population: harsh, seed: 102, tenants: 200, seconds: 45 }),
  )
  assert.ok(dynamic.withinUnthrottled > 0.98, `${dynamic.withinUnthrottled}`)
  assert.ok(dynamic.lazyUnthrottled > 0.99, `${dynamic.lazyUnthrottled}`)
  assert.ok(dynamic.usePeak <= usePeakMax, `${dynamic.usePeak}`)
})
