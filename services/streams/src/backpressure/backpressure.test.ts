import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { Backpressure } from './backpressure.ts'
import type { BackpressureSettings } from './backpressure-settings.ts'
import { BackpressureTimer } from './backpressure-timer.ts'
import { WorkUnderWay } from './work-under-way.ts'

const weight = 1e6

/** Ten tenants' worth of work a second, and a signal to turn. */
function node(settings: Partial<BackpressureSettings> = {}) {
  const backpressure = new Backpressure({ nowMs: 0, settings: { requestCostBytes: 0, boundMin: 1, ...settings } })
  const pressure = { now: 0 }
  backpressure.watch({ name: 'disk', read: () => pressure.now, limit: 1, isWait: false })
  let nowMs = 0
  /** Each tenant sends every 10 ms. @returns how long each was muted, all its connections together */
  const work = (seconds: number, bytesPerSecond: { readonly [tenant: string]: number }): Record<string, number> => {
    const muted: Record<string, number> = {}
    for (const untilMs = nowMs + seconds * 1_000; nowMs < untilMs;) {
      nowMs += 10
      for (const [tenant, bytes] of Object.entries(bytesPerSecond)) {
        const ms = backpressure.record(tenant, { weight, bytes: bytes / 100, nowMs })
        muted[tenant] = (muted[tenant] ?? 0) + ms
      }
      if (nowMs % 100 === 0) backpressure.tick(nowMs)
    }
    return muted
  }
  return { backpressure, pressure, work }
}

test('nobody is muted while the node keeps up, whatever it does', () => {
  const { backpressure, work } = node()
  assert.deepEqual(work(5, { a: 1e9, b: 1 }), { a: 0, b: 0 })
  assert.equal(backpressure.state().bound, undefined)
  assert.equal(backpressure.state().overloaded, false)
})

test('whoever is within its slice is not slowed because of another', () => {
  const { backpressure, pressure, work } = node()
  work(5, { loud: 1e6, quiet: 1e5 })
  pressure.now = 2
  const muted = work(5, { loud: 1e6, quiet: 1e5 })
  assert.ok(muted['loud']! > 0)
  assert.equal(muted['quiet'], 0)
  const { overloaded, signal, slowedTenants, bound } = backpressure.state()
  assert.deepEqual({ overloaded, signal, slowedTenants }, { overloaded: true, signal: 'disk', slowedTenants: 1 })
  assert.ok(bound! < 1.1e6)
})

test('a flood of requests without bytes counts as well', () => {
  const { pressure, work } = node({ requestCostBytes: 10_000 })
  work(5, { requests: 0, bytes: 1e5 })
  pressure.now = 2
  const muted = work(5, { requests: 0, bytes: 1e5 })
  assert.ok(muted['requests']! > 0)
})

test('switched off it only watches', () => {
  const { backpressure, pressure, work } = node({ enabled: false })
  pressure.now = 2
  assert.deepEqual(work(5, { a: 1e9 }), { a: 0 })
  assert.equal(backpressure.state().overloaded, true)
})

test('no mute is longer than the longest, and debts end with the overload', () => {
  const { backpressure, pressure, work } = node({ muteMsMax: 700 })
  work(5, { loud: 1e6 })
  pressure.now = 2
  work(5, { loud: 1e6 })
  assert.ok(backpressure.record('loud', { weight, bytes: 1e12, nowMs: 10_000 }) <= 700)
  pressure.now = 0
  work(30, { loud: 1e3 })
  assert.equal(backpressure.state().bound, undefined)
  assert.deepEqual(work(1, { loud: 1e6 }), { loud: 0 })
})

test('a tenant without quota to speak of is slowed most, and divides nothing by zero', () => {
  const { backpressure, pressure, work } = node()
  work(5, { loud: 1e6 })
  pressure.now = 2
  work(2, { loud: 1e6 })
  const muteMs = backpressure.record('none', { weight: 0, bytes: 1e6, nowMs: 7_000 })
  assert.ok(muteMs >= 1_000 && muteMs <= backpressure.settings.muteMsMax, `${muteMs}`)
})

test('tenants are forgotten when they are idle, and there are never more than may be', () => {
  const { backpressure, work } = node({ tenantsMax: 3 })
  const tenants = (): number => [...backpressure.tenants()].length
  work(1, { a: 1, b: 1, c: 1, d: 1 })
  assert.equal(tenants(), 3)
  backpressure.forget('a')
  assert.equal(tenants(), 2)
  work(12, { e: 1 })
  assert.deepEqual(
    [...backpressure.tenants()].map(({ tenantId }) => tenantId),
    ['e'],
  )
})

test('there is a timer only while there is work', () => {
  const clock = new ManualClock()
  const backpressure = new Backpressure({ nowMs: clock.monotonic() })
  using _timer = new BackpressureTimer(backpressure, clock)
  assert.equal(clock.step(), false)
  backpressure.record('a', { weight, bytes: 1, nowMs: clock.monotonic() })
  assert.equal(clock.step(), true)
  clock.advance(20_000)
  assert.equal(clock.step(), false)
  backpressure.record('a', { weight, bytes: 1, nowMs: clock.monotonic() })
  assert.equal(clock.step(), true)
})

test('of what is under way the bytes and the oldest are known', () => {
  const clock = new ManualClock()
  const work = new WorkUnderWay(clock)
  const first = work.begin(100)
  clock.advance(30)
  const second = work.begin(50)
  clock.advance(20)
  assert.deepEqual([work.bytes, work.oldestMs], [150, 50])
  first()
  assert.deepEqual([work.bytes, work.oldestMs], [50, 20])
  second()
  assert.deepEqual([work.bytes, work.oldestMs], [0, 0])
})
