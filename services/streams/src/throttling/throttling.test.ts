import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { divideBudget } from './divide-budget.ts'
import { NodeQuotas } from './node-quotas.ts'
import { QuotaService } from './quota-service.ts'
import { RateMeter } from './rate-meter.ts'
import { RateQuota } from './rate-quota.ts'
import { throttlingSettings } from './throttling-settings.ts'
import { TokenBucket } from './token-bucket.ts'

const quota = 1_000_000

test('a rate is what was used over the full samples and the one being filled', () => {
  const meter = new RateMeter({ samples: 11, sampleMs: 1_000 })
  meter.record(10_000, 0)
  assert.equal(meter.perSecond(0), 1_000)
  meter.record(10_000, 10_999)
  assert.equal(Math.round(meter.perSecond(11_000)), 1_000, 'the first sample is out of the window')
  assert.equal(meter.perSecond(60_000), 0)
})

test('a rate quota makes a client wait until the average is back at the bound', () => {
  const held = new RateQuota({ bound: 1_000 })
  assert.equal(held.record(10_000, 0), 0)
  assert.equal(held.record(5_000, 0), 5_000)
  held.unrecord(5_000, 0)
  assert.equal(held.record(0, 0), 0)
  assert.equal(new RateQuota({ bound: 0, throttleMsMax: 7_000 }).record(1, 0), 7_000)
})

test('a token bucket admits in full, owes the rest and forgets no debt', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 20, nowMs: 0 })
  bucket.record(120, 0)
  assert.equal(bucket.tokens(0), -100)
  assert.equal(bucket.throttleMs(0), 10_000)
  bucket.change({ perSecond: 100, burst: 5 }, 0)
  assert.equal(bucket.throttleMs(500), 500)
  assert.equal(bucket.tokens(60_000), 5)
})

test('slices add up to the budget and none is negative', () => {
  const load = fc.record({ perSecond: fc.double({ min: 0, max: 1e9, noNaN: true }), throttled: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(load, { minLength: 1, maxLength: 24 }),
      fc.double({ min: 1, max: 1e9, noNaN: true }),
      (loads, budget) => {
        const slices = divideBudget(budget, loads, 0.1)
        assert.ok(Math.abs(slices.reduce((sum, each) => sum + each, 0) - budget) < budget * 1e-6)
        assert.ok(slices.every((slice) => slice >= (budget / loads.length) * 0.0999))
      },
    ),
  )
})

/** Nodes and their service, told of each other at once. */
function cell(nodes: number) {
  const settings = throttlingSettings({ nodes })
  const service = new QuotaService({ term: 1, settings, quotaOf: () => quota })
  const members = Array.from(
    { length: nodes },
    (_, i) => new NodeQuotas({ nodeId: `${i}`, term: 1, settings, nowMs: 0 }),
  )
  return {
    service,
    members,
    slices: (nowMs: number) => members.map((node) => node.tenant('t', quota, nowMs).slice),
    /** Lets each node use so much per second for a while; the longest wait. */
    run: (fromMs: number, untilMs: number, use: readonly number[]): number => {
      let waitMs = 0
      for (let nowMs = fromMs; nowMs < untilMs; nowMs += 50) {
        for (const [i, node] of members.entries()) {
          const tenant = node.tenant('t', quota, nowMs)
          if (use[i]! > 0 && tenant.throttleMs(nowMs) === 0)
            waitMs = Math.max(waitMs, tenant.record(use[i]! / 20, nowMs))
          const report = node.report(nowMs)
          if (report) service.report(report, nowMs)
        }
        if (nowMs % 1_000 === 0)
          for (const [id, told] of service.divide(nowMs)) members[Number(id)]!.accept(told, nowMs)
      }
      return waitMs
    },
  }
}

test('under 80 % of the quota nothing is throttled, wherever the load is', () => {
  const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(parts, (raw) => {
      const total = raw.reduce((sum, each) => sum + each, 0.001)
      const use = raw.map((each) => (each / total) * quota * 0.75)
      const { run, slices } = cell(4)
      assert.equal(run(0, 20_000, use), 0)
      assert.ok(slices(20_000).every((slice) => slice === undefined))
    }),
    { numRuns: 20 },
  )
})

test('slices never add up to more than the quota', () => {
  const phases = fc.array(fc.array(fc.integer({ min: 0, max: 5 * quota }), { minLength: 4, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(phases, (given) => {
      const { run, slices } = cell(4)
      for (const [i, use] of given.entries()) {
        run(i * 4_000, (i + 1) * 4_000, use)
        const sum = slices((i + 1) * 4_000).reduce((total, slice) => total + (slice?.perSecond ?? 0), 0)
        assert.ok(sum <= quota * 1.000001, `${sum}`)
      }
    }),
    { numRuns: 20 },
  )
})

test('when load moves to another node its slice follows within three seconds', () => {
  const { run, slices } = cell(4)
  run(0, 30_000, [2 * quota, 0, 0, 0])
  const before = slices(30_000).map((slice) => slice!.perSecond)
  assert.ok(before[0]! / before.reduce((a, b) => a + b, 0) > 0.85)
  run(30_000, 33_000, [0, 2 * quota, 0, 0])
  const after = slices(33_000).map((slice) => slice!.perSecond)
  assert.ok(after[1]! / after.reduce((a, b) => a + b, 0) > 0.85, JSON.stringify(after))
})

test('lost, doubled and late reports change nothing of what was used in the end', () => {
  const service = () => new QuotaService({ term: 1, settings: throttlingSettings({ nodes: 1 }), quotaOf: () => 100 })
  const report = (version: number, total: number) => ({
    nodeId: 'a',
    order: { term: 1, version },
    tenants: [{ tenantId: 't', total, perSecond: 100, throttled: false }],
  })
  const whole = service()
  const holed = service()
  for (let i = 1; i <= 10; i++) whole.report(report(i, i * 100), i * 1_000)
  for (const i of [1, 1, 3, 2, 5, 4, 5, 8, 10, 10, 9]) holed.report(report(i, i * 100), i * 1_000)
  const credit = (of: QuotaService) => of.divide(10_050).get('a')!.slices[0]!.slice!.credit!
  assert.deepEqual(credit(holed), { from: 1_000, amount: 0, everywhere: 0 })
  assert.deepEqual(credit(whole), credit(holed))
})

test('a node without word from the service keeps to its fair share, and comes back', () => {
  const { members, slices, run } = cell(4)
  run(0, 2_000, [1, 1, 1, 1])
  members[0]!.checkContact(5_000)
  assert.equal(slices(5_000)[0]!.perSecond, quota / 4)
  run(5_000, 7_000, [1, 1, 1, 1])
  assert.equal(slices(7_000)[0], undefined)
})

test('a node that stops reporting keeps its fair share for a while and then nothing', () => {
  const { run, service, members } = cell(4)
  run(0, 10_000, [quota, quota, quota, quota])
  const sum = (nowMs: number): number => {
    for (const node of members.slice(1)) {
      node.tenant('t', quota, nowMs).record(quota * 20, nowMs)
      service.report(node.report(nowMs)!, nowMs)
    }
    const told = [...service.divide(nowMs)]
    assert.ok(!told.some(([nodeId]) => nodeId === '0'))
    return told.reduce((total, [, { slices }]) => total + slices[0]!.slice!.perSecond, 0)
  }
  const kept = sum(14_000)
  assert.ok(sum(60_000) >= kept)
})
