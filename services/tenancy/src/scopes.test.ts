import assert from 'node:assert/strict'
import test from 'node:test'
import { tenancyFixture, withCode } from './testing/tenancy-fixture.ts'

async function acme() {
  const fixture = tenancyFixture()
  return { ...fixture, tenant: await fixture.tenancy.createTenant({ name: 'Acme' }) }
}

test('a key has the scopes it is made with, each once, and admin without any', async () => {
  const { tenancy, tenant } = await acme()
  const cases: readonly [asked: string[] | undefined, has: string[]][] = [
    [undefined, ['admin']],
    [[], ['admin']],
    [['orders-service'], ['orders-service']],
    [
      ['b', 'a.1', 'b', 'admin'],
      ['b', 'a.1', 'admin'],
    ],
  ]
  for (const [asked, has] of cases) {
    const key = await tenancy.createApiKey(tenant.id, asked ? { scopes: asked } : {})
    assert.deepEqual(key.scopes, has)
    assert.deepEqual((await tenancy.authenticateKey(key.id, key.secret)).scopes, has)
    assert.deepEqual((await tenancy.apiKeys(tenant.id)).keys.find(({ id }) => id === key.id)?.scopes, has)
  }
})

test('what is no name of a scope is refused', async () => {
  const { tenancy, tenant } = await acme()
  const bad = [[''], ['A'], ['a b'], ['a_b'], ['a'.repeat(65)], Array.from({ length: 17 }, (_, i) => `s${i}`)]
  for (const scopes of bad)
    await assert.rejects(tenancy.createApiKey(tenant.id, { scopes }), withCode('invalid_request'))
})

test('a key of before there were scopes reads as admin, and has nothing to prove itself with over SCRAM', async () => {
  const { tenancy, tenant, stores, restart } = await acme()
  const key = await tenancy.createApiKey(tenant.id)
  const record = { table: 'api-keys', pk: tenant.id, sk: key.id }
  await stores.tables.control.write({ operations: [{ update: record, remove: ['scopes', 'scram'] }] })
  const next = restart()
  assert.deepEqual((await next.authenticateKey(key.id, key.secret)).scopes, ['admin'])
  assert.deepEqual(await next.keyScram(key.id), { tenantId: tenant.id, scram: undefined })
})

test('a principal says when its key expires', async () => {
  const { tenancy, tenant, clock } = await acme()
  const endless = await tenancy.createApiKey(tenant.id)
  assert.equal((await tenancy.authenticateKey(endless.id, endless.secret)).expiresAtMs, Infinity)
  const expiresAtMs = clock.now() + 60_000
  const ending = await tenancy.createApiKey(tenant.id, { expiresAt: new Date(expiresAtMs).toISOString() })
  assert.equal((await tenancy.authenticateKey(ending.id, ending.secret)).expiresAtMs, expiresAtMs)
})
