import assert from 'node:assert/strict'
import test from 'node:test'
import { createLogger, userIds } from '@koine/base'
import { SignJWT } from 'jose'
import { adminToken, tenancyFixture, withCode } from './testing/tenancy-fixture.ts'

const unauthenticated = withCode('unauthenticated')

async function twoTenants(options: Parameters<typeof tenancyFixture>[0] = {}) {
  const fixture = tenancyFixture(options)
  const acme = await fixture.tenancy.createTenant({ name: 'Acme' })
  const globex = await fixture.tenancy.createTenant({ name: 'Globex' })
  const scope = await fixture.tenancy.scope(acme.id)
  return { ...fixture, acme, globex, scope }
}

test('the admin token is the operator, and nothing near it is', async () => {
  const { tenancy } = tenancyFixture()
  assert.deepEqual(await tenancy.authenticateBearer(adminToken), { kind: 'operator' })
  for (const text of ['', adminToken.slice(1), `${adminToken} `, adminToken.toUpperCase(), 'a'.repeat(100_000)]) {
    await assert.rejects(tenancy.authenticateBearer(text), unauthenticated)
  }
})

test('an admin token that is too short to be one is refused at the start', async () => {
  const { stores, clock, randomness } = tenancyFixture()
  const { Tenancy } = await import('./index.ts')
  const { silentLogger } = await import('@koine/base')
  assert.throws(() => new Tenancy({ stores, clock, randomness, logger: silentLogger, adminToken: 'short' }), /16/)
})

test('an API key resolves to its own tenant, as one text or as two', async () => {
  const { tenancy, acme } = await twoTenants()
  const key = await tenancy.createApiKey(acme.id, { name: 'backend' })
  assert.equal(Buffer.from(key.secret, 'base64url').length, 32)
  const principals = [
    await tenancy.authenticateBearer(`${key.id}.${key.secret}`),
    await tenancy.authenticateKey(key.id, key.secret),
  ]
  for (const principal of principals) {
    assert.ok(principal.kind === 'api-key')
    assert.equal(principal.keyId, key.id)
    assert.equal(principal.scope.tenantId, acme.id)
  }
})

test('unknown, wrong, expired and revoked keys are refused in the same words', async () => {
  const { tenancy, acme, clock } = await twoTenants()
  const good = await tenancy.createApiKey(acme.id)
  const revoked = await tenancy.createApiKey(acme.id)
  const expired = await tenancy.createApiKey(acme.id, { expiresAt: new Date(clock.now() + 1000).toISOString() })
  await tenancy.authenticateKey(expired.id, expired.secret)
  await tenancy.authenticateKey(revoked.id, revoked.secret)
  await tenancy.revokeApiKey(acme.id, revoked.id)
  clock.advance(1000)
  const messages = new Set<string>()
  const refused = [
    [good.id, expired.secret],
    [good.id, ''],
    [`${good.id}x`, good.secret],
    [expired.id, expired.secret],
    [revoked.id, revoked.secret],
    ['', ''],
  ] as const
  for (const [id, secret] of refused) {
    await assert.rejects(tenancy.authenticateKey(id, secret), (error: Error) => {
      messages.add(error.message)
      return unauthenticated(error)
    })
  }
  assert.equal(messages.size, 1)
})

test('the list of keys shows neither secrets nor hashes', async () => {
  const { tenancy, acme } = await twoTenants()
  const key = await tenancy.createApiKey(acme.id, { name: 'backend' })
  const { keys } = await tenancy.apiKeys(acme.id)
  assert.deepEqual(keys, [{ id: key.id, name: 'backend', scopes: ['admin'], createdAt: key.createdAt }])
})

test("a key's expiry is in the future", async () => {
  const { tenancy, acme, clock } = await twoTenants()
  for (const expiresAt of ['yesterday', new Date(clock.now()).toISOString()]) {
    await assert.rejects(tenancy.createApiKey(acme.id, { expiresAt }), withCode('invalid_request'))
  }
})

test("another tenant's key is not found, and stays good", async () => {
  const { tenancy, acme, globex } = await twoTenants()
  const key = await tenancy.createApiKey(acme.id)
  await assert.rejects(tenancy.revokeApiKey(globex.id, key.id), withCode('not_found'))
  assert.equal((await tenancy.apiKeys(globex.id)).keys.length, 0)
  assert.equal((await tenancy.authenticateKey(key.id, key.secret)).scope.tenantId, acme.id)
})

test('a user token resolves to its user and tenant until it expires', async () => {
  const { tenancy, acme, scope, clock } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const { token, expiresAt } = await tenancy.mintUserToken(scope, asha.id)
  assert.equal(Date.parse(expiresAt), clock.now() + 3600_000)
  const principal = await tenancy.authenticateBearer(token)
  assert.ok(principal.kind === 'user')
  assert.equal(principal.userId, asha.id)
  assert.equal(principal.scope.tenantId, acme.id)
  assert.equal(principal.expiresAtMs, clock.now() + 3600_000)
  clock.advance(3599_000)
  await tenancy.authenticateBearer(token)
  clock.advance(1000)
  await assert.rejects(tenancy.authenticateBearer(token), unauthenticated)
})

test('a clock that is set back refuses no token, and one that jumps ahead ends those whose time it passes', async () => {
  const { tenancy, scope, clock } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const { token } = await tenancy.mintUserToken(scope, asha.id)
  const dayMs = 86_400_000
  clock.jumpWall(-dayMs)
  await tenancy.authenticateBearer(token)
  clock.jumpWall(2 * dayMs)
  await assert.rejects(tenancy.authenticateBearer(token), unauthenticated)
  clock.jumpWall(-dayMs)
  await tenancy.authenticateBearer(token)
})

test('a token lives from a second to a day, and only users that exist get one', async () => {
  const { tenancy, scope, clock, randomness } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  for (const expiresInMs of [0, 999, 24 * 3600_000 + 1, Number.NaN]) {
    await assert.rejects(tenancy.mintUserToken(scope, asha.id, { expiresInMs }), withCode('invalid_request'))
  }
  const nobody = userIds.make({ clock, randomness })
  await assert.rejects(tenancy.mintUserToken(scope, nobody), withCode('not_found'))
})

test("a user of one tenant doesn't exist in another", async () => {
  const { tenancy, scope, globex } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const other = await tenancy.scope(globex.id)
  await assert.rejects(tenancy.user(other, asha.id), withCode('not_found'))
  await assert.rejects(tenancy.mintUserToken(other, asha.id), withCode('not_found'))
  assert.deepEqual((await tenancy.users(other, { limit: 10 })).users, [])
  assert.deepEqual((await tenancy.users(scope, { limit: 10 })).users, [asha])
})

test('a token is good only under the secret of the tenant it names, and only as HS256', async () => {
  const { tenancy, scope, stores, acme, globex, clock } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const secretOf = async (id: string) =>
    (await stores.tables.control.get({ table: 'token-secrets', pk: id, sk: '' }))!.attributes.secret as Uint8Array
  const issuedAt = Math.floor(clock.now() / 1000)
  const forge = (issuer: string, secret: Uint8Array, alg = 'HS256') =>
    new SignJWT()
      .setProtectedHeader({ alg })
      .setIssuer(issuer)
      .setSubject(asha.id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + 60)
      .sign(secret)
  assert.equal((await tenancy.authenticateBearer(await forge(acme.id, await secretOf(acme.id)))).kind, 'user')

  const [head, claims, signature] = (await forge(acme.id, await secretOf(acme.id))).split('.')
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
  const refused = [
    await forge(acme.id, await secretOf(globex.id)),
    await forge(globex.id, await secretOf(acme.id)),
    await forge('tenant_nobody', await secretOf(acme.id)),
    await forge(acme.id, Buffer.concat([await secretOf(acme.id), Buffer.alloc(32)]), 'HS512'),
    `${unsigned}.${claims}.`,
    `${unsigned}.${claims}.${signature}`,
    `${head}.${claims}.`,
    `${head}.${claims}`,
    'a.b.c',
    '..',
  ]
  for (const token of refused) await assert.rejects(tenancy.authenticateBearer(token), unauthenticated, token)
})

test('a token without an end, or without a user, is refused', async () => {
  const { tenancy, stores, acme, clock, scope } = await twoTenants()
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const record = await stores.tables.control.get({ table: 'token-secrets', pk: acme.id, sk: '' })
  const secret = record!.attributes.secret as Uint8Array
  const issuedAt = Math.floor(clock.now() / 1000)
  const start = () => new SignJWT().setProtectedHeader({ alg: 'HS256' }).setIssuer(acme.id).setIssuedAt(issuedAt)
  const endless = await start().setSubject(asha.id).sign(secret)
  const nobodys = await start()
    .setExpirationTime(issuedAt + 60)
    .sign(secret)
  const notAUser = await start()
    .setExpirationTime(issuedAt + 60)
    .setSubject('tenant_x')
    .sign(secret)
  for (const token of [endless, nobodys, notAUser]) {
    await assert.rejects(tenancy.authenticateBearer(token), unauthenticated)
  }
})

test('suspending refuses every credential at once with its own code, resuming takes them again', async () => {
  const { tenancy, acme, scope } = await twoTenants()
  const key = await tenancy.createApiKey(acme.id)
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const { token } = await tenancy.mintUserToken(scope, asha.id)
  const bearers = [`${key.id}.${key.secret}`, token]
  for (const bearer of bearers) await tenancy.authenticateBearer(bearer)
  assert.equal((await tenancy.suspendTenant(acme.id)).status, 'suspended')
  for (const bearer of bearers) {
    await assert.rejects(tenancy.authenticateBearer(bearer), withCode('tenant_suspended'))
  }
  await assert.rejects(tenancy.authenticateKey(key.id, 'wrong'), unauthenticated)
  assert.equal((await tenancy.resumeTenant(acme.id)).status, 'active')
  for (const bearer of bearers) await tenancy.authenticateBearer(bearer)
})

test('gateways hear of revoked keys and of suspended and deleted tenants', async () => {
  const { tenancy, acme } = await twoTenants()
  const key = await tenancy.createApiKey(acme.id)
  const heard: object[] = []
  using bad = tenancy.onRevoked(() => {
    throw new Error('one bad listener')
  })
  using good = tenancy.onRevoked((what) => heard.push(what))
  await tenancy.revokeApiKey(acme.id, key.id)
  await tenancy.suspendTenant(acme.id)
  await tenancy.deleteTenant(acme.id)
  assert.ok(bad && good)
  assert.deepEqual(heard, [{ tenantId: acme.id, keyId: key.id }, { tenantId: acme.id }, { tenantId: acme.id }])
})

test('a key revoked while it is being resolved is not let in', async () => {
  let onRead = (): void | Promise<void> => {}
  const { tenancy, acme } = await twoTenants({
    faults: { before: () => {}, after: (what) => (what.includes('get') ? onRead() : undefined) },
  })
  const key = await tenancy.createApiKey(acme.id)
  onRead = async () => {
    onRead = () => {}
    await tenancy.revokeApiKey(acme.id, key.id)
  }
  await assert.rejects(tenancy.authenticateKey(key.id, key.secret), unauthenticated)
})

test('no secret reaches an error or the log', async () => {
  const lines: string[] = []
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
  })
  const { tenancy, acme, scope } = await twoTenants({ logger })
  const key = await tenancy.createApiKey(acme.id)
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const { token } = await tenancy.mintUserToken(scope, asha.id)
  await tenancy.revokeApiKey(acme.id, key.id)
  await tenancy.suspendTenant(acme.id)
  const errors: string[] = []
  for (const bearer of [`${key.id}.${key.secret}`, token, `${adminToken}x`]) {
    await assert.rejects(tenancy.authenticateBearer(bearer), (error: Error) => errors.push(error.stack!) > 0)
  }
  const told = lines.join('\n') + errors.join('\n')
  assert.ok(lines.length >= 3 && errors.length === 3)
  for (const secret of [key.secret, token, adminToken]) assert.ok(!told.includes(secret))
})
