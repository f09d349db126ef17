import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, silentLogger, systemClock, type TenantId, tenantIds } from '@koine/base'
import { until } from '@koine/base/testing'
import { TierMetrics } from './tier-metrics.ts'
import { TieringLane } from './tiering-lane.ts'
import { defaultTiering } from './tiering-settings.ts'

const source = { clock: systemClock, randomness: seededRandomness(1) }
const [one, other] = [tenantIds.make(source), tenantIds.make(source)]
const settings = { ...defaultTiering, retryMs: 1, retryMsMax: 5 }
const laneOf = (step: (tenant: TenantId) => Promise<number | undefined>): TieringLane =>
  new TieringLane({ settings, clock: systemClock, logger: silentLogger, metrics: new TierMetrics(undefined), step })

test('one step runs at a time, and tenants take turns as long as they have more to do', async () => {
  const steps: TenantId[] = []
  let running = 0
  await using lane = laneOf(async (tenant) => {
    assert.equal(++running, 1)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    steps.push(tenant)
    return steps.length < 6 ? systemClock.now() : undefined
  })
  lane.wake(one, systemClock.now())
  lane.wake(other, systemClock.now())
  await until('six are done', () => steps.length >= 6)
  assert.equal(steps.slice(0, 6).filter((tenant) => tenant === one).length, 3)
})

test('a tenant whose steps fail is tried again, and keeps nobody else waiting', async () => {
  let failures = 0
  const done: TenantId[] = []
  await using lane = laneOf(async (tenant) => {
    if (tenant === one && ++failures < 4) throw new Error('no')
    done.push(tenant)
    return undefined
  })
  lane.wake(one, systemClock.now())
  lane.wake(other, systemClock.now())
  await until('both are done', () => done.length === 2)
  assert.deepEqual(done, [other, one])
})

test('what is due later waits, and nothing is done once it is closed', async () => {
  const done: TenantId[] = []
  const lane = laneOf(async (tenant) => void done.push(tenant))
  lane.wake(one, systemClock.now() + 3_600_000)
  lane.wake(other, systemClock.now())
  await until('one is done', () => done.length === 1)
  assert.deepEqual(done, [other])
  lane.wake(other, systemClock.now())
  await lane[Symbol.asyncDispose]()
  assert.equal(done.length, 1)
})
