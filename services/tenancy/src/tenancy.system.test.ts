import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Metrics, silentLogger, systemClock, systemRandomness } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { Tenancy } from './index.ts'
import { adminToken, withCode } from './testing/tenancy-fixture.ts'

const common = { clock: systemClock, randomness: systemRandomness, logger: silentLogger }

async function openTenancy(directory: string) {
  const stores = await openEmbeddedStores({ directory, ...common, metrics: new Metrics() })
  const tenancy = new Tenancy({ stores, ...common, adminToken })
  return {
    stores,
    tenancy,
    [Symbol.asyncDispose]: async () => {
      await tenancy[Symbol.asyncDispose]()
      await stores[Symbol.asyncDispose]()
    },
  }
}

/** Every file under a directory. */
const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())

test('on the embedded stores, tenants, keys, users and tokens outlive the process', async () => {
  await using directory = temporaryDirectory()
  const made = await (async () => {
    await using opened = await openTenancy(directory.path)
    const { tenancy } = opened
    const acme = await tenancy.createTenant({ name: 'Acme' })
    const key = await tenancy.createApiKey(acme.id)
    const revoked = await tenancy.createApiKey(acme.id)
    await tenancy.revokeApiKey(acme.id, revoked.id)
    const scope = await tenancy.scope(acme.id)
    const asha = await tenancy.createUser(scope, { name: 'Asha' })
    return { acme, key, revoked, asha, ...(await tenancy.mintUserToken(scope, asha.id)) }
  })()
  await using opened = await openTenancy(directory.path)
  const { tenancy } = opened
  assert.deepEqual(await tenancy.tenant(made.acme.id), made.acme)
  const principal = await tenancy.authenticateKey(made.key.id, made.key.secret)
  assert.deepEqual(await tenancy.user(principal.scope, made.asha.id), made.asha)
  assert.equal((await tenancy.authenticateBearer(made.token)).kind, 'user')
  await assert.rejects(tenancy.authenticateKey(made.revoked.id, made.revoked.secret), withCode('unauthenticated'))
  for (const file of filesUnder(directory.path)) {
    assert.ok(!readFileSync(file).includes(made.key.secret), `${file} holds the secret of a key`)
  }
})

test('on the embedded stores, a deleted tenant leaves no file and its neighbour loses nothing', async () => {
  await using directory = temporaryDirectory()
  await using opened = await openTenancy(directory.path)
  const { tenancy } = opened
  const [acme, globex] = [await tenancy.createTenant({ name: 'Acme' }), await tenancy.createTenant({ name: 'Globex' })]
  for (const { id } of [acme, globex]) {
    const scope = await tenancy.scope(id)
    await tenancy.createUser(scope, { name: 'Asha' })
    await scope.log.createTopic({ name: 'koine.messages', partitions: 1 })
    await scope.blobs.put('a/b', new Uint8Array(3))
  }
  const directoryOf = (id: string): string => join(directory.path, 'tenants', id)
  assert.ok(filesUnder(directoryOf(acme.id)).length > 0)
  await tenancy.deleteTenant(acme.id)
  assert.deepEqual(existsSync(directoryOf(acme.id)) ? filesUnder(directoryOf(acme.id)) : [], [])
  const left = await tenancy.scope(globex.id)
  assert.equal((await tenancy.users(left, { limit: 10 })).users.length, 1)
  assert.ok(await left.blobs.head('a/b'))
})

test('on the embedded stores, a deletion that stopped in the middle is finished by the next process', async () => {
  await using directory = temporaryDirectory()
  const id = await (async () => {
    await using opened = await openTenancy(directory.path)
    const { tenancy, stores } = opened
    const acme = await tenancy.createTenant({ name: 'Acme' })
    const scope = await tenancy.scope(acme.id)
    await tenancy.createUser(scope, { name: 'Asha' })
    stores.blobs.dropTenant = () => Promise.reject(new Error('the disk is gone'))
    await assert.rejects(tenancy.deleteTenant(acme.id), /the disk is gone/)
    return acme.id
  })()
  await using opened = await openTenancy(directory.path)
  const { tenancy } = opened
  assert.equal((await tenancy.tenant(id)).status, 'deleting')
  assert.equal(await tenancy.resumeDeletions(), 1)
  await assert.rejects(tenancy.tenant(id), withCode('not_found'))
  const tenantDirectory = join(directory.path, 'tenants', id)
  assert.deepEqual(existsSync(tenantDirectory) ? filesUnder(tenantDirectory) : [], [])
})
