import assert from 'node:assert/strict'
import test from 'node:test'
import { until } from '@koine/base/testing'
import { tenancyFixture, withCode } from './testing/tenancy-fixture.ts'

/** A tenant with a key, a user, a token and something in each store, beside one that must stay. */
async function populated(options: Parameters<typeof tenancyFixture>[0] = {}) {
  const fixture = tenancyFixture(options)
  const { tenancy } = fixture
  const acme = await tenancy.createTenant({ name: 'Acme' })
  const globex = await tenancy.createTenant({ name: 'Globex' })
  const key = await tenancy.createApiKey(acme.id)
  const stays = await tenancy.createApiKey(globex.id)
  const scope = await tenancy.scope(acme.id)
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const { token } = await tenancy.mintUserToken(scope, asha.id)
  await scope.log.createTopic({ name: 'koine.messages', partitions: 1 })
  await scope.blobs.put('a/b', new Uint8Array(3))
  await scope.queue.enqueue('mail', { body: '{}' })
  await scope.cache.increment({ slot: 'a', name: 'n' }, 1, 60_000)
  const goneEverywhere = async (): Promise<void> => {
    assert.deepEqual((await tenancy.users(scope, { limit: 10 })).users, [])
    assert.deepEqual(await scope.log.topics(), [])
    assert.equal(await scope.blobs.head('a/b'), undefined)
    assert.deepEqual(await scope.queue.depth('mail'), { waiting: 0, running: 0, dead: 0 })
    assert.equal(await scope.cache.has({ slot: 'a', name: 'n' }), false)
    const { control } = fixture.stores.tables
    assert.equal(await control.get({ table: 'token-secrets', pk: acme.id, sk: '' }), undefined)
    assert.equal(await control.get({ table: 'api-key-owners', pk: key.id, sk: '' }), undefined)
    assert.deepEqual((await control.query({ table: 'api-keys', pk: acme.id, limit: 10 })).records, [])
  }
  return { ...fixture, acme, globex, key, stays, token, goneEverywhere }
}

test('a deleted tenant is gone from every store with its keys and tokens, and the others stay', async () => {
  const { tenancy, acme, globex, key, stays, token, goneEverywhere } = await populated()
  await tenancy.authenticateBearer(token)
  await tenancy.deleteTenant(acme.id)
  await goneEverywhere()
  await assert.rejects(tenancy.tenant(acme.id), withCode('not_found'))
  await assert.rejects(tenancy.deleteTenant(acme.id), withCode('not_found'))
  await assert.rejects(tenancy.authenticateKey(key.id, key.secret), withCode('unauthenticated'))
  await assert.rejects(tenancy.authenticateBearer(token), withCode('unauthenticated'))
  assert.equal((await tenancy.authenticateKey(stays.id, stays.secret)).scope.tenantId, globex.id)
})

test('credentials fail from the moment a deletion begins', async () => {
  let onDrop = (): void | Promise<void> => {}
  const { tenancy, acme, key, token } = await populated({
    faults: { before: (what) => (what === 'queue.dropTenant' ? onDrop() : undefined), after: () => {} },
  })
  let checked = false
  onDrop = async () => {
    await assert.rejects(tenancy.authenticateKey(key.id, key.secret), withCode('unauthenticated'))
    await assert.rejects(tenancy.authenticateBearer(token), withCode('unauthenticated'))
    await assert.rejects(tenancy.scope(acme.id), withCode('not_found'))
    await assert.rejects(tenancy.createApiKey(acme.id), withCode('not_found'))
    await assert.rejects(tenancy.resumeTenant(acme.id), withCode('not_found'))
    assert.equal((await tenancy.tenant(acme.id)).status, 'deleting')
    checked = true
  }
  await tenancy.deleteTenant(acme.id)
  assert.ok(checked)
})

test('two deletions of one tenant are one', async () => {
  const { tenancy, acme, goneEverywhere } = await populated()
  await Promise.all([tenancy.deleteTenant(acme.id), tenancy.deleteTenant(acme.id)])
  await goneEverywhere()
})

test('a deletion that a crash interrupts at any step is finished at the next start', async () => {
  let steps = 0
  let failAt = Infinity
  const crash = (what: string): void => {
    if (!what.includes('drop') && !what.includes('write')) return
    if (++steps === failAt) throw new Error('crashed')
  }
  for (let step = 1; ; step++) {
    failAt = Infinity
    const { tenancy, restart, acme, goneEverywhere, token, stores } = await populated({
      faults: { before: crash, after: crash },
    })
    steps = 0
    failAt = step
    const outcome = await tenancy.deleteTenant(acme.id).then(
      () => 'done',
      () => 'crashed',
    )
    const made = steps
    failAt = Infinity
    if (outcome === 'done') {
      assert.ok(step > 10, `only ${step} steps were tried`)
      return
    }
    const next = restart()
    const marked = (await stores.tables.control.query({ table: 'tenant-deletions', pk: 'all', limit: 1 })).records
    assert.equal(await next.resumeDeletions(), marked.length, `after a crash at step ${made}`)
    if (marked.length === 0 && step === 1) {
      // Nothing had been committed: the tenant lives.
      assert.equal((await next.tenant(acme.id)).status, 'active')
      continue
    }
    await goneEverywhere()
    await assert.rejects(next.tenant(acme.id), withCode('not_found'))
    await assert.rejects(next.authenticateBearer(token), withCode('unauthenticated'))
  }
})

test('what still works on a tenant lets go of it before its data goes', async () => {
  const { tenancy, acme, stores, goneEverywhere } = await populated()
  let dataWhenAsked = 0
  using listening = tenancy.onTenantDeleting(async (id) => {
    assert.equal(id, acme.id)
    await new Promise((resolve) => setImmediate(resolve))
    dataWhenAsked = (await stores.log.forTenant(id).topics()).length
  })
  await tenancy.deleteTenant(acme.id)
  assert.ok(listening)
  assert.equal(dataWhenAsked, 1)
  await goneEverywhere()
})

/** A deleted tenant for which a call of before has written once more. */
async function withLateWrite() {
  const fixture = await populated()
  const { tenancy, acme, stores } = fixture
  const scope = await tenancy.scope(acme.id)
  await tenancy.deleteTenant(acme.id)
  await tenancy.createUser(scope, { name: 'Late' })
  const noted = async () =>
    (await stores.tables.control.query({ table: 'tenant-deletions', pk: 'all', limit: 10 })).records.length
  assert.equal(await noted(), 1)
  return { ...fixture, noted }
}

test('what a call of before writes after the deletion goes when no such call can be left', async () => {
  const { clock, noted, goneEverywhere } = await withLateWrite()
  clock.advance(120_000)
  await until('the note is gone', async () => (await noted()) === 0)
  await goneEverywhere()
})

test('or at the next start, if that comes first', async () => {
  const { restart, tenancy, noted, goneEverywhere, clock } = await withLateWrite()
  await tenancy[Symbol.asyncDispose]()
  clock.advance(120_000)
  assert.equal(await noted(), 1)
  assert.equal(await restart().resumeDeletions(), 1)
  assert.equal(await noted(), 0)
  await goneEverywhere()
})
