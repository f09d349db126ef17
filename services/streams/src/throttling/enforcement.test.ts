import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { defaultQuotas, type TenantQuotas } from '@koine/services-tenancy'
import type { TenantScope } from '@koine/stores-ports'
import type { EntityQuotas } from '../quotas/client-quotas.ts'
import { throttleMsMax } from './rate-kinds.ts'
import type { Backpressure } from './request-charges.ts'
import { Throttling } from './throttling.ts'

function node(given: Partial<TenantQuotas> = {}, more: { backpressure?: Backpressure; granted?: EntityQuotas[] } = {}) {
  const clock = new ManualClock()
  clock.advance(5_000)
  const metrics = new Metrics()
  const quotas = new Map<string, Partial<TenantQuotas>>()
  const reads: string[] = []
  const throttling = new Throttling({
    clock,
    metrics,
    quotasOf: async (tenantId) => {
      reads.push(tenantId)
      return { ...defaultQuotas, ...given, ...quotas.get(tenantId) }
    },
    grantedBy: async () => more.granted ?? [],
    backpressure: more.backpressure,
  })
  const tenant = (tenantId = 'tenant_a') => throttling.of({ tenantId } as TenantScope)
  return { clock, metrics, quotas, reads, throttling, tenant }
}

/** What clients on so many connections get through in a while, each sending its next request when it may. */
async function flood(
  it: ReturnType<typeof node>,
  { connections, requestBytes, ms }: { connections: number; requestBytes: number; ms: number },
) {
  const tenant = await it.tenant()
  const freeAtMs = Array.from({ length: connections }, () => it.clock.monotonic())
  const used: { readonly atMs: number; readonly bytes: number }[] = []
  let refusals = 0
  for (const endMs = it.clock.monotonic() + ms; it.clock.monotonic() < endMs; it.clock.advance(5)) {
    for (const [i, atMs] of freeAtMs.entries()) {
      if (atMs > it.clock.monotonic()) continue
      const charges = it.throttling.charges(tenant)
      if (charges.produce(requestBytes)) used.push({ atMs: it.clock.monotonic(), bytes: requestBytes })
      else refusals++
      freeAtMs[i] = it.clock.monotonic() + Math.max(5, charges.settle())
    }
  }
  const startMs = used[0]!.atMs
  const bytesWithin = (fromMs: number, forMs: number): number =>
    used.reduce(
      (sum, { atMs, bytes }) => sum + (atMs - startMs >= fromMs && atMs - startMs < fromMs + forMs ? bytes : 0),
      0,
    )
  return { used, refusals, bytesWithin }
}

test('a flood gets its quota, and no ten seconds hold much more than that', async () => {
  const quota = 1_000_000
  const it = node({ produceBytesPerSecond: quota })
  const { bytesWithin } = await flood(it, { connections: 8, requestBytes: 16_000, ms: 60_000 })
  for (let fromMs = 0; fromMs <= 50_000; fromMs += 500) {
    const share = bytesWithin(fromMs, 10_000) / (10 * quota)
    assert.ok(share < 1.1, `${share} of the quota in the ten seconds from ${fromMs}`)
  }
  const share = bytesWithin(0, 60_000) / (60 * quota)
  assert.ok(share > 0.95 && share < 1.05, `${share}`)
})

for (const [connections, requestBytes] of [
  [1, 16_000],
  [1, 100_000],
  [2, 125_000],
  [5, 100_000],
] as const) {
  test(`a flood on ${connections} connections with requests of ${requestBytes} bytes gets its quota over a minute`, async () => {
    const quota = 1_000_000
    const it = node({ produceBytesPerSecond: quota })
    const { bytesWithin } = await flood(it, { connections, requestBytes, ms: 90_000 })
    for (const fromMs of [0, 30_000]) {
      const share = bytesWithin(fromMs, 60_000) / (60 * quota)
      assert.ok(share > 0.95 && share < 1.05, `${share} from ${fromMs}`)
    }
  })
}

test('however many connections flood, and with however large requests, their tenant gets no more than its quota', async () => {
  const quota = 100_000
  const it = node({ produceBytesPerSecond: quota })
  const { bytesWithin, refusals } = await flood(it, { connections: 100, requestBytes: 500_000, ms: 900_000 })
  assert.ok(refusals > 0, 'whoever owes a minute already is refused')
  const share = bytesWithin(300_000, 600_000) / (600 * quota)
  assert.ok(share < 1.1, `${share}`)
})

test('below four fifths of its quota nobody waits, however it comes', async () => {
  const it = node({ produceBytesPerSecond: 1_000_000 })
  const tenant = await it.tenant()
  for (let second = 0; second < 60; second++) {
    // All of ten seconds' use at once.
    const charges = it.throttling.charges(tenant)
    if (second % 10 === 0) for (let i = 0; i < 75; i++) charges.produce(100_000)
    assert.equal(charges.settle(), 0)
    it.clock.advance(1_000)
  }
})

test('of all that a request costs the longest wait counts, and its kind is told of', async () => {
  const it = node({ requestPercentage: 10, partitionMutationsPerSecond: 1 })
  const tenant = await it.tenant()
  const charges = it.throttling.charges(tenant)
  charges.request()
  charges.worked(5)
  assert.equal(charges.mutate(21, { isStrict: true }), true)
  assert.equal(charges.settle(), 10_000)
  const { requestPercentage, partitionMutationsPerSecond } = it.throttling.describe('tenant_a')!
  assert.deepEqual([requestPercentage.throttledMs, partitionMutationsPerSecond.throttledMs], [0, 10_000])
})

test('time of the thread counts in percent of it', async () => {
  const it = node({ requestPercentage: 10 })
  const tenant = await it.tenant()
  let [workedMs, waitedMs] = [0, 0]
  for (const endMs = it.clock.monotonic() + 60_000; it.clock.monotonic() < endMs;) {
    const charges = it.throttling.charges(tenant)
    charges.request(1)
    charges.worked(1)
    workedMs += 2
    const waitMs = charges.settle()
    waitedMs += waitMs
    it.clock.advance(2 + waitMs)
  }
  assert.ok(workedMs > 5_700 && workedMs < 6_300, `${workedMs} ms of 6,000`)
  assert.ok(waitedMs > 50_000)
})

test('backpressure counts where it is longer, and is asked of by the tenant’s weight and bytes', async () => {
  const asked: unknown[] = []
  const backpressure: Backpressure = {
    record: (tenantId, o) => {
      asked.push([tenantId, o])
      return 1_234.5
    },
  }
  const it = node({ produceBytesPerSecond: 1_000, fetchBytesPerSecond: 2_000 }, { backpressure })
  const charges = it.throttling.charges(await it.tenant())
  charges.produce(100)
  charges.fetch(10)
  assert.equal(charges.settle(), 1_235)
  assert.deepEqual(asked, [['tenant_a', { weight: 3_000, bytes: 110, nowMs: 5_000 }]])
  await it.throttling.quotasChanged('tenant_a' as TenantScope['tenantId'])
  it.quotas.set('tenant_a', { produceBytesPerSecond: 0 })
  await it.throttling.quotasChanged('tenant_a' as TenantScope['tenantId'])
  const refused = it.throttling.charges(await it.tenant())
  assert.equal(refused.produce(1), false)
  assert.equal(refused.settle(), throttleMsMax)
})

test('quotas are read once for all who come at the same time, and again when they change', async () => {
  const it = node()
  await Promise.all([it.tenant(), it.tenant(), it.tenant('tenant_b')])
  assert.deepEqual(it.reads, ['tenant_a', 'tenant_b'])
  let lifted = 0
  const tenant = await it.tenant()
  tenant.whileWaiting(() => lifted++)
  it.quotas.set('tenant_a', { topics: 1 })
  await it.throttling.quotasChanged('tenant_a' as TenantScope['tenantId'])
  assert.deepEqual([tenant.quotas.topics, lifted], [1, 1])
})

test('a tenant that is idle is forgotten, one that is connected or owes something isn’t', async () => {
  const it = node()
  await it.tenant('tenant_idle')
  const connected = await it.tenant('tenant_connected')
  using _connection = connected.connect('127.0.0.1', it.clock.monotonic())
  it.clock.advance(121_000)
  await it.tenant('tenant_new')
  const held = ['tenant_idle', 'tenant_connected', 'tenant_new'].map((id) => it.throttling.held(id) !== undefined)
  assert.deepEqual(held, [false, true, true])
})

test('metrics tell of use, quota and waiting by tenant and kind', async () => {
  const it = node({ produceBytesPerSecond: 0, fetchBytesPerSecond: Infinity })
  const charges = it.throttling.charges(await it.tenant())
  charges.produce(1)
  charges.fetch(8_000)
  charges.settle()
  const text = await it.metrics.text()
  const value = (name: string, kind: string): string | undefined =>
    new RegExp(`^koine_streams_${name}\\{tenant="tenant_a",kind="${kind}"\\} (\\S+)$`, 'm').exec(text)?.[1]
  assert.equal(value('quota_per_second', 'fetchBytesPerSecond'), '+Inf')
  assert.ok(Number(value('quota_use_per_second', 'fetchBytesPerSecond')) > 1_000)
  assert.equal(value('throttled_seconds', 'produceBytesPerSecond'), '20')
  assert.equal(value('throttled_requests', 'produceBytesPerSecond'), '1')
  it.throttling.forget('tenant_a')
  assert.doesNotMatch(await it.metrics.text(), /tenant_a/)
})
