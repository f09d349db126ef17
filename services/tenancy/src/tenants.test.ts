import assert from 'node:assert/strict'
import test from 'node:test'
import { tenantIds } from '@koine/base'
import { tenancyFixture, withCode } from './testing/tenancy-fixture.ts'

test('a tenant that was created is read and listed, the oldest first', async () => {
  const { tenancy, clock } = tenancyFixture()
  const acme = await tenancy.createTenant({ name: '  Acme ' })
  clock.advance(1)
  const globex = await tenancy.createTenant({ name: 'Globex' })
  assert.equal(acme.name, 'Acme')
  assert.equal(acme.status, 'active')
  assert.equal(acme.createdAt, '2026-01-01T00:00:00.000Z')
  assert.deepEqual(await tenancy.tenant(acme.id), acme)
  const first = await tenancy.tenants({ limit: 1 })
  assert.deepEqual(first.tenants, [acme])
  const second = await tenancy.tenants({ limit: 1, cursor: first.cursor! })
  assert.deepEqual(second.tenants, [globex])
})

test('a name has 1 to 200 characters and no control characters', async () => {
  const { tenancy } = tenancyFixture()
  for (const name of ['', '   ', 'a'.repeat(201), 'a\nb', 'a\u0000', 'half \ud800']) {
    await assert.rejects(tenancy.createTenant({ name }), withCode('invalid_request'), JSON.stringify(name))
  }
  assert.equal((await tenancy.createTenant({ name: 'Ἀσία 🌍' })).name, 'Ἀσία 🌍')
})

test('a tenant that does not exist is not found, whatever is asked of it', async () => {
  const { tenancy, clock, randomness } = tenancyFixture()
  const id = tenantIds.make({ clock, randomness })
  const calls = [
    () => tenancy.tenant(id),
    () => tenancy.suspendTenant(id),
    () => tenancy.resumeTenant(id),
    () => tenancy.deleteTenant(id),
    () => tenancy.createApiKey(id),
    () => tenancy.apiKeys(id),
    () => tenancy.scope(id),
  ]
  for (const call of calls) await assert.rejects(call(), withCode('not_found'))
})

test('creating a tenant again under the id of an interrupted try finishes that one', async () => {
  const { tenancy, clock, randomness } = tenancyFixture()
  const id = tenantIds.make({ clock, randomness })
  const first = await tenancy.createTenant({ name: 'Acme', id })
  clock.advance(5000)
  assert.deepEqual(await tenancy.createTenant({ name: 'Acme', id }), first)
  assert.equal((await tenancy.tenants({ limit: 10 })).tenants.length, 1)
})

test('who listens hears of each new tenant until they stop', async () => {
  const { tenancy } = tenancyFixture()
  const heard: string[] = []
  const listening = tenancy.onTenantCreated(({ name }) => void heard.push(name))
  await tenancy.createTenant({ name: 'Acme' })
  listening[Symbol.dispose]()
  await tenancy.createTenant({ name: 'Globex' })
  assert.deepEqual(heard, ['Acme'])
})
