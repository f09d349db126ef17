import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import type { BackpressureSettings } from './backpressure-settings.ts'
import { type Served, VirtualNode, type VirtualTenant } from './virtual-node.ts'

/** What the virtual node can do, as is chosen below: its one thread takes half a millisecond for a request. */
const requestsPerSecond = 2_000
/** And where its disk is slow: half as many. */
const onSlowDisk = { capacity: 1_000, byteMs: 1 / 8_000, groupMax: 400 }
const onThread = { capacity: requestsPerSecond, byteMs: 1 / 1e6, groupMax: 2_000 }
const requestBytes = 8_000
const seeds = Number(process.env['KOINE_OVERLOAD_SEEDS'] ?? 6)

interface Load {
  readonly seed: number
  readonly node: typeof onThread
  readonly connections: number
  readonly inFlightMax: number
  readonly settings?: Partial<BackpressureSettings>
}

/** Two tenants, one with twice the quota of the other, want more and more, and a third one always the same little. */
function overload({ seed, node, connections, inFlightMax, settings }: Load) {
  const random = seededRandomness(seed)
  const times = (seconds: number): number => (seconds < 4 ? 1 : seconds < 8 ? 2 : seconds < 16 ? 3 : 0.2)
  const flood = (id: string, weight: number): VirtualTenant => ({
    id,
    weight,
    connections,
    inFlightMax,
    requestBytes,
    offeredPerSecond: (seconds) => 0.475 * node.capacity * times(seconds),
  })
  const quiet = { id: 'quiet', weight: 1e6, connections: 20, inFlightMax: 5, requestBytes }
  const virtual = new VirtualNode({
    random: () => random.fraction(),
    tenants: [flood('small', 1e6), flood('large', 2e6), { ...quiet, offeredPerSecond: () => 0.05 * node.capacity }],
    requestMs: 1_000 / requestsPerSecond,
    syncMs: 3,
    ...node,
    ...(settings && { settings }),
  })
  const once = virtual.run(4)
  const twice = virtual.run(4)
  virtual.run(2)
  const thrice = virtual.run(6)
  return { virtual, goodput: { once: once.length / 4, twice: twice.length / 4, thrice: thrice.length / 6 }, thrice }
}

const of = (served: readonly Served[], tenant: string): readonly Served[] =>
  served.filter((each) => each.tenant.id === tenant)

function p99(served: readonly Served[], since: 'sentAtMs' | 'wantedAtMs' = 'sentAtMs'): number {
  const waits = Float64Array.from(served, (each) => each.answeredAtMs - each[since]).sort()
  return waits[Math.ceil(waits.length * 0.99) - 1] ?? Number.NaN
}

const loads = [
  { what: 'its thread', node: onThread, connections: 200, inFlightMax: 1 },
  { what: 'its thread', node: onThread, connections: 100, inFlightMax: 5 },
  { what: 'its disk', node: onSlowDisk, connections: 50, inFlightMax: 3 },
]

for (const { what, ...load } of loads) {
  const clients = `${2 * load.connections} connections, ${load.inFlightMax} in flight`
  test(`at three times what ${what} can do goodput stays, waits are bounded and quotas share out (${clients})`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { goodput, thrice } = overload({ seed, ...load })
      const peak = Math.max(goodput.once, goodput.twice, goodput.thrice)
      assert.ok(goodput.thrice >= 0.9 * peak, `seed ${seed}: ${goodput.thrice} of ${peak} a second`)
      assert.ok(p99(thrice) <= 400, `seed ${seed}: p99 ${p99(thrice)} ms`)
      const quietMs = p99(of(thrice, 'quiet'), 'wantedAtMs')
      assert.ok(quietMs <= 400, `seed ${seed}: p99 of the quiet tenant ${quietMs} ms`)
      const ratio = of(thrice, 'large').length / of(thrice, 'small').length
      assert.ok(ratio > 1.8 && ratio < 2.2, `seed ${seed}: twice the quota has ${ratio} times as much`)
    }
  })
}

test('without it a quiet tenant waits for everybody, and quotas don’t matter', () => {
  const load = { seed: 1, node: onThread, connections: 100, inFlightMax: 5 }
  const [held, free] = [overload(load), overload({ ...load, settings: { enabled: false } })]
  const quietMs = (served: readonly Served[]): number => p99(of(served, 'quiet'), 'wantedAtMs')
  assert.ok(quietMs(free.thrice) > 2 * quietMs(held.thrice), `${quietMs(free.thrice)} and ${quietMs(held.thrice)} ms`)
  assert.ok(of(free.thrice, 'large').length < 1.1 * of(free.thrice, 'small').length)
})

test('when it is over the bound goes away, and everything is served again without waiting', () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { virtual } = overload({ seed, node: onThread, connections: 100, inFlightMax: 3 })
    assert.notEqual(virtual.backpressure.state().bound, undefined)
    for (let seconds = 0; virtual.backpressure.state().bound !== undefined; seconds++) {
      assert.ok(seconds < 15, `seed ${seed}: still held`)
      virtual.run(1)
    }
    const served = virtual.run(4)
    const offered = 4 * requestsPerSecond * (0.2 * 0.95 + 0.05)
    assert.ok(served.length > 0.9 * offered, `seed ${seed}: ${served.length} of ${offered}`)
    assert.ok(p99(served, 'wantedAtMs') < 60, `seed ${seed}: p99 ${p99(served, 'wantedAtMs')} ms`)
  }
})

test('a flood that meets a node which has done nothing yet doesn’t make it idle', () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const random = seededRandomness(seed)
    const flood = { weight: 1e6, connections: 100, inFlightMax: 5, requestBytes }
    const offeredPerSecond = (): number => 1.5 * requestsPerSecond
    const virtual = new VirtualNode({
      random: () => random.fraction(),
      tenants: ['a', 'b'].map((id) => ({ id, ...flood, offeredPerSecond })),
      requestMs: 1_000 / requestsPerSecond,
      syncMs: 3,
      ...onThread,
    })
    virtual.run(1)
    for (let second = 2; second <= 6; second++) {
      const { length } = virtual.run(1)
      assert.ok(length > 0.25 * requestsPerSecond, `seed ${seed}: ${length} in second ${second}`)
    }
    const { length } = virtual.run(4)
    assert.ok(length / 4 > 0.7 * requestsPerSecond, `seed ${seed}: ${length / 4} a second in the end`)
  }
})

test('load that the node can do is never slowed', () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const random = seededRandomness(seed)
    const tenant = { id: 'only', weight: 1, connections: 100, inFlightMax: 5, requestBytes }
    const virtual = new VirtualNode({
      random: () => random.fraction(),
      tenants: [{ ...tenant, offeredPerSecond: () => 0.8 * requestsPerSecond }],
      requestMs: 1_000 / requestsPerSecond,
      syncMs: 3,
      ...onThread,
    })
    virtual.run(10)
    assert.equal(virtual.backpressure.state().slowedMs, 0, `seed ${seed}`)
  }
})
