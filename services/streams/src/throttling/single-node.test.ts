import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeQuotas } from './node-quotas.ts'
import { QuotaService } from './quota-service.ts'
import { singleNodeSettings as settings } from './throttling-settings.ts'

const quota = 1_000_000
const stepMs = 5

/** A node and its service in one process: what happens is told at once, and answered at once. */
function alone(quotaOf: number) {
  const service = new QuotaService({ term: 1, settings, quotaOf: () => quotaOf })
  const node = new NodeQuotas({ nodeId: '1', term: 1, settings, nowMs: 0 })
  let dividedAtMs = -Infinity
  return {
    /** How long whoever does it has to wait. */
    record(amount: number, nowMs: number): number {
      const tenant = node.tenant('t', quotaOf, nowMs)
      tenant.record(amount, nowMs)
      const report = node.report(nowMs)
      if (report) {
        const near = service.report(report, nowMs)
        const isDue = nowMs - dividedAtMs >= settings.reportMs
        if (isDue) dividedAtMs = nowMs
        for (const told of service.divide(nowMs, isDue ? undefined : near).values()) node.accept(told, nowMs)
      }
      return tenant.throttleMs(nowMs)
    },
  }
}

/** What a tenant of the only node gets, and for how long it waits, whose connections send what comes to them when they may. */
function runAlone(o: {
  readonly seconds: number
  readonly connections: number
  readonly perSecond: (nowMs: number) => number
}) {
  const node = alone(quota)
  const freeAtMs = Array.from({ length: o.connections }, () => 0)
  const used: number[] = []
  let waitMs = 0
  for (let nowMs = 0; nowMs < o.seconds * 1_000; nowMs += stepMs) {
    const amount = (o.perSecond(nowMs) * stepMs) / 1_000 / o.connections
    let sent = 0
    for (const [i, atMs] of freeAtMs.entries()) {
      if (amount === 0 || atMs > nowMs) continue
      const ms = node.record(amount, nowMs)
      waitMs = Math.max(waitMs, ms)
      freeAtMs[i] = nowMs + ms
      sent += amount
    }
    used.push(sent)
  }
  const within = (fromMs: number, untilMs: number): number =>
    used.slice(fromMs / stepMs, untilMs / stepMs).reduce((sum, each) => sum + each, 0)
  return { within, waitMs }
}

test('alone on one node a tenant at ten times its quota gets its quota, and no ten seconds hold 5 % more', () => {
  for (const connections of [1, 8]) {
    const { within } = runAlone({ seconds: 60, connections, perSecond: () => 10 * quota })
    const share = within(20_000, 60_000) / (40 * quota)
    assert.ok(Math.abs(share - 1) < 0.02, `${share} of the quota with ${connections} connections`)
    for (let fromMs = 0; fromMs <= 50_000; fromMs += 100) {
      const peak = within(fromMs, fromMs + 10_000) / (10 * quota)
      assert.ok(peak < 1.05, `${peak} of the quota in the ten seconds from ${fromMs}`)
    }
  }
})

test('alone on one node a tenant within its quota never waits: not steady at 97 %, nor for a burst of nine seconds’ worth', () => {
  const steady = runAlone({ seconds: 40, connections: 4, perSecond: () => 0.97 * quota })
  assert.equal(steady.waitMs, 0)
  const bursting = runAlone({
    seconds: 60,
    connections: 4,
    perSecond: (nowMs) => (nowMs % 12_000 < 1_000 ? 9 * quota : 0.02 * quota),
  })
  assert.equal(bursting.waitMs, 0)
})

test('with a quota of zero whoever comes again waits', () => {
  const node = alone(0)
  node.record(1, 0)
  assert.ok(node.record(1, 10) >= settings.windowMs)
})
