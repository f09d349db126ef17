import assert from 'node:assert/strict'
import test from 'node:test'
import { operations } from '@koine/contract'
import { Compile } from 'typebox/compile'
import { adminToken, type Answer, gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

interface Told {
  readonly quotas: { readonly [kind: string]: number | string }
  readonly own: object
}

async function tenantWithTopic() {
  const fixture = await gatewayFixture()
  const { tenant, bearer, topic } = await populatedTenant(fixture.tenancy, fixture.messaging, 'Acme')
  const path = `/v1/tenants/${tenant.id}/quotas`
  const operate = async (method: string, body?: unknown): Promise<Told> => {
    const answer = await fixture.request(`${method} ${path}`, {
      bearer: adminToken,
      ...(body !== undefined && { body }),
    })
    assert.deepEqual(Compile(operations.getTenantQuotas.responses[200].schema).Errors(answer.body), [], answer.text)
    return JSON.parse(answer.text) as Told
  }
  const call = (request: string, body?: unknown): Promise<Answer> =>
    fixture.request(request, { bearer, ...(body !== undefined && { body }) })
  return { ...fixture, path, operate, call, topic, tenant }
}

test('an operator gives a tenant quotas, changes some, and takes them back', async () => {
  await using it = await tenantWithTopic()
  const defaults = await it.operate('GET')
  assert.deepEqual(defaults.own, {})
  const set = await it.operate('PUT', { produceBytesPerSecond: 5_000, requestPercentage: 'unlimited', topics: 0 })
  assert.deepEqual(set.own, { produceBytesPerSecond: 5_000, requestPercentage: 'unlimited', topics: 0 })
  assert.deepEqual(set.quotas, { ...defaults.quotas, ...set.own })
  const changed = await it.operate('PATCH', { topics: null, groups: 3 })
  assert.deepEqual(changed.own, { produceBytesPerSecond: 5_000, requestPercentage: 'unlimited', groups: 3 })
  assert.equal(changed.quotas['topics'], defaults.quotas['topics'])
  assert.deepEqual(await it.operate('GET'), changed)
  assert.deepEqual(await it.operate('PUT', {}), defaults)
})

for (const [what, body] of [
  ['less than nothing', { produceBytesPerSecond: -1 }],
  ['a word that is none', { produceBytesPerSecond: 'much' }],
  ['half a topic', { topics: 1.5 }],
  ['a kind that is none', { bytes: 1 }],
] as const) {
  test(`a quota of ${what} is refused, and nothing changes`, async () => {
    await using it = await tenantWithTopic()
    const { status } = await it.request(`PATCH ${it.path}`, { bearer: adminToken, body })
    assert.equal(status, 400)
    assert.deepEqual((await it.operate('GET')).own, {})
  })
}

test('changes at the same time all hold', async () => {
  await using it = await tenantWithTopic()
  const kinds = ['connections', 'topics', 'partitions', 'groups']
  await Promise.all(kinds.map((kind, i) => it.operate('PATCH', { [kind]: i })))
  assert.deepEqual((await it.operate('GET')).own, Object.fromEntries(kinds.map((kind, i) => [kind, i])))
})

test('records, topics and partitions over HTTP are held to the quotas of Kafka clients', async () => {
  await using it = await tenantWithTopic()
  const records = `/v1/topics/${it.topic}/records`
  const body = { records: [{ value: 'x' }] }
  assert.equal((await it.call(`POST ${records}`, body)).status, 201)
  const refused = async (quotas: object, request: string, sent?: unknown): Promise<void> => {
    await it.operate('PUT', quotas)
    const { status, body: problem, headers } = await it.call(request, sent)
    assert.deepEqual([status, problem.code, headers['retry-after']], [429, 'rate_limited', '20'], request)
    await it.operate('PUT', {})
  }
  await refused({ produceBytesPerSecond: 0 }, `POST ${records}`, body)
  await refused({ requestsPerSecond: 0 }, `POST ${records}`, body)
  await refused({ fetchBytesPerSecond: 0 }, `GET ${records}?from=earliest`)
  const none = { partitionMutationsPerSecond: 0 }
  await refused(none, 'POST /v1/topics', { name: 'orders' })
  await refused(none, `POST /v1/topics/${it.topic}/partitions`, { partitions: 2 })
  await refused(none, `DELETE /v1/topics/${it.topic}`)
  const { text } = await it.call(`GET ${records}?from=earliest`)
  assert.equal((JSON.parse(text) as { data: unknown[] }).data.length, 1, 'what was refused is not there')
})
