import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeHealth, StreamsUsage } from '@koine/contract'
import { adminToken, exampleHealth, gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

test('a tenant reads what it uses of its quotas, and the operator reads the same of each tenant', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  await populatedTenant(tenancy, messaging, 'Globex')
  const own = await request('GET /v1/streams/usage', { bearer: acme.bearer })
  assert.equal(own.status, 200)
  const usage = own.body as unknown as StreamsUsage
  assert.deepEqual([usage.held.topics.used, usage.held.partitions.used, usage.held.groups.used], [1, 1, 1])
  assert.equal(usage.rates.requestPercentage.quota, null, 'unlimited')
  assert.equal(usage.cacheHitRate, null, 'nothing was read')
  const told = await request(`GET /v1/tenants/${acme.tenant.id}/usage`, { bearer: adminToken })
  assert.deepEqual(told.body, own.body)
  assert.equal((await request('GET /v1/streams/usage', { bearer: acme.token })).status, 403)
  assert.equal((await request('GET /v1/streams/usage', { bearer: adminToken })).status, 403)
  const nobody = 'tenant_01kb2x3yt4e5v8p9q0r1s2t3v4'
  assert.equal((await request(`GET /v1/tenants/${nobody}/usage`, { bearer: adminToken })).status, 404)
})

test('how the node does is the operator’s to read, and readiness tells everybody the states alone', async () => {
  const stuck: NodeHealth = { ...exampleHealth(), status: 'failing' }
  const checks = { disk: 'stuck', probe: 'failing', backpressure: 'ok' }
  await using fixture = await gatewayFixture({
    nodeHealth: () => stuck,
    readiness: async () => ({ status: 'failing', checks }),
  })
  const { request, tenancy, messaging } = fixture
  const { bearer } = await populatedTenant(tenancy, messaging, 'Acme')
  assert.deepEqual((await request('GET /v1/node/health', { bearer: adminToken })).body, stuck)
  assert.equal((await request('GET /v1/node/health', { bearer })).status, 403)
  assert.equal((await request('GET /v1/node/health')).status, 401)
  const ready = await request('GET /readyz')
  assert.deepEqual([ready.status, ready.body], [503, { status: 'failing', checks }])
})
