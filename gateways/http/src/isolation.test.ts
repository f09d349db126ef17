import assert from 'node:assert/strict'
import test from 'node:test'
import { type AuthKind, operationEntries } from '@koine/contract'
import { adminToken, gatewayFixture, populatedTenant, type Requester } from './testing/gateway-fixture.ts'

type Populated = Awaited<ReturnType<typeof populatedTenant>>

const bodies: { readonly [id: string]: unknown } = {
  createTenant: { name: 'x' },
  createUser: { name: 'x' },
  sendMessage: { clientMessageId: 'x', text: 'x' },
  markRead: { seq: 1 },
  createTopic: { name: 'x' },
  addPartitions: { partitions: 2 },
  changeTopicSettings: { settings: {} },
  produceRecords: { records: [{ value: 'x' }] },
}

/** The path of an operation with the ids of `owner` in it. */
const pathWith = (path: string, owner: Populated): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const ids: { [name: string]: string } = {
      tenantId: owner.tenant.id,
      keyId: owner.key.id,
      userId: owner.asha.id,
      conversationId: owner.conversation.id,
      topic: owner.topic,
      group: owner.group,
    }
    return ids[name]!
  })

/** Every way to be allowed to call an operation, from inside `own`. */
function credentials(auth: readonly AuthKind[], own: Populated): Parameters<Requester>[1][] {
  return [
    ...(auth.includes('operator') ? [{ bearer: adminToken }] : []),
    ...(auth.includes('api-key') ? [{ bearer: own.bearer }] : []),
    ...(auth.includes('user')
      ? [{ bearer: own.token }, { bearer: own.bearer, headers: { 'koine-user': own.asha.id } }]
      : []),
  ]
}

test("another tenant's ids answer 404 on every route of a tenant, with every credential that fits", async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  let checked = 0
  for (const [id, { method, path, auth, params }] of operationEntries) {
    // The operator stands above the tenants.
    if (!params || auth.includes('operator')) continue
    for (const credential of credentials(auth, acme)) {
      const body = bodies[id]
      const call = `${method} ${pathWith(path, globex)}`
      const { status, body: problem } = await request(call, { ...credential, ...(body !== undefined && { body }) })
      assert.deepEqual([status, problem.code], [404, 'not_found'], `${id}: ${call}`)
      checked++
    }
  }
  assert.ok(checked >= 12, `only ${checked} calls were checked`)
})

test("an operator's key of one tenant is not found under another", async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  const call = `DELETE /v1/tenants/${acme.tenant.id}/api-keys/${globex.key.id}`
  assert.equal((await request(call, { bearer: adminToken })).status, 404)
  assert.equal((await request('GET /v1/users', { bearer: globex.bearer })).status, 200)
})

test('no list of one tenant shows anything of another', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  const { tenant, key, asha, ben, conversation, topic, group } = globex
  const foreign = [tenant.id, key.id, asha.id, ben.id, conversation.id, topic, group]
  for (const [id, { method, path, auth, params }] of operationEntries) {
    if (method !== 'GET' || params || auth.includes('operator') || id === 'streamEvents') continue
    for (const credential of credentials(auth, acme)) {
      const { status, text } = await request(`GET ${path}`, credential)
      assert.equal(status, 200, id)
      for (const name of foreign) assert.ok(!text.includes(name), `${id} shows ${name}`)
    }
  }
})

test("another tenant's users can't be put into a conversation", async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  const body = { kind: 'group', members: [acme.asha.id, globex.asha.id] }
  const answer = await request('POST /v1/conversations', { bearer: acme.bearer, body })
  assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'])
})

test('an API key without the scope admin may call nothing', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const scoped = await tenancy.createApiKey(acme.tenant.id, { scopes: ['orders-service'] })
  const bearer = `${scoped.id}.${scoped.secret}`
  for (const [id, { method, path, auth }] of operationEntries) {
    if (auth.length === 0) continue
    const call = `${method} ${pathWith(path, acme)}`
    for (const headers of [{}, { 'koine-user': acme.asha.id } as Record<string, string>]) {
      const { status, body } = await request(call, { bearer, headers })
      assert.deepEqual([status, body.code], [403, 'forbidden'], id)
    }
  }
})

test('every operation refuses a missing, a wrong and a revoked credential, and one of the wrong kind', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const revoked = await tenancy.createApiKey(acme.tenant.id)
  await tenancy.revokeApiKey(acme.tenant.id, revoked.id)
  const nobodys = [undefined, 'nonsense', `${acme.key.id}.wrong`, `${revoked.id}.${revoked.secret}`, `${acme.token}x`]
  for (const [id, { method, path, auth }] of operationEntries) {
    if (auth.length === 0) continue
    const call = `${method} ${pathWith(path, acme)}`
    for (const bearer of nobodys) {
      const { status, body, headers } = await request(call, bearer === undefined ? {} : { bearer })
      assert.deepEqual([status, body.code], [401, 'unauthenticated'], `${id} with ${bearer}`)
      assert.match(String(headers['www-authenticate']), /^Bearer/)
    }
    const kinds = [
      ['operator', adminToken],
      ['user', acme.token],
      ['api-key', acme.bearer],
    ] as const
    for (const [kind, bearer] of kinds) {
      // An API key may act for a user.
      if (auth.includes(kind) || (kind === 'api-key' && auth.includes('user'))) continue
      const { status, body } = await request(call, { bearer })
      assert.deepEqual([status, body.code], [403, 'forbidden'], `${id} with ${kind}`)
    }
  }
})
