import assert from 'node:assert/strict'
import test from 'node:test'
import { type Operation, type OperationId, operations } from '@koine/contract'
import { Compile } from 'typebox/compile'
import { adminToken, type Answer, gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

/** The answer has the operation's success status and the shape that the contract promises. */
function assertAnswer(id: OperationId, answer: Answer): void {
  const { responses }: Operation = operations[id]
  const promised = responses[answer.status]
  assert.ok(promised, `${id} answered ${answer.status}: ${answer.text}`)
  if (promised.schema) assert.deepEqual(Compile(promised.schema).Errors(answer.body), [], `${id}: ${answer.text}`)
  else assert.equal(answer.text, '')
}

test('an operator makes, lists, suspends, resumes and deletes tenants and their keys', async () => {
  await using fixture = await gatewayFixture()
  const { request } = fixture
  const bearer = adminToken
  const made = await request('POST /v1/tenants', { bearer, body: { name: 'Acme' } })
  assert.equal(made.status, 201)
  assertAnswer('createTenant', made)
  const path = `/v1/tenants/${made.body.id}`
  assertAnswer('listTenants', await request('GET /v1/tenants', { bearer }))
  assert.deepEqual((await request(`GET ${path}`, { bearer })).body, made.body)

  const key = await request(`POST ${path}/api-keys`, { bearer, body: { name: 'backend' } })
  assertAnswer('createApiKey', key)
  assertAnswer('createApiKey', await request(`POST ${path}/api-keys`, { bearer }))
  const keys = await request(`GET ${path}/api-keys`, { bearer })
  assertAnswer('listApiKeys', keys)
  assert.equal(keys.body.data.length, 2)
  assert.ok(!keys.text.includes(key.body.secret))
  const asKey = `${key.body.id}.${key.body.secret}`
  assert.equal((await request('GET /v1/users', { bearer: asKey })).status, 200)

  assertAnswer('suspendTenant', await request(`POST ${path}/suspend`, { bearer }))
  const suspended = await request('GET /v1/users', { bearer: asKey })
  assert.deepEqual([suspended.status, suspended.body.code], [403, 'tenant_suspended'])
  assertAnswer('resumeTenant', await request(`POST ${path}/resume`, { bearer }))
  assert.equal((await request('GET /v1/users', { bearer: asKey })).status, 200)

  assertAnswer('revokeApiKey', await request(`DELETE ${path}/api-keys/${key.body.id}`, { bearer }))
  assert.equal((await request('GET /v1/users', { bearer: asKey })).status, 401)
  assertAnswer('deleteTenant', await request(`DELETE ${path}`, { bearer }))
  assert.equal((await request(`GET ${path}`, { bearer })).status, 404)
})

test('two users talk: the story of the API from a key to an inbox', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy } = fixture
  const { id } = await tenancy.createTenant({ name: 'Acme' })
  const key = await tenancy.createApiKey(id)
  const bearer = `${key.id}.${key.secret}`
  const asha = await request('POST /v1/users', { bearer, body: { name: 'Asha' } })
  assertAnswer('createUser', asha)
  const ben = await request('POST /v1/users', { bearer, body: { name: 'Ben' } })
  const minted = await request(`POST /v1/users/${asha.body.id}/tokens`, { bearer, body: {} })
  assertAnswer('createUserToken', minted)
  assertAnswer('createUserToken', await request(`POST /v1/users/${asha.body.id}/tokens`, { bearer }))
  const asAsha = { bearer: minted.body.token as string }
  const asBen = { bearer, headers: { 'koine-user': ben.body.id as string } }

  const members = [asha.body.id, ben.body.id]
  const conversation = await request('POST /v1/conversations', { bearer, body: { kind: 'direct', members } })
  assertAnswer('createConversation', conversation)
  const again = await request('POST /v1/conversations', { ...asBen, body: { kind: 'direct', members } })
  assert.equal(again.body.id, conversation.body.id)
  const path = `/v1/conversations/${conversation.body.id}`

  const hello = { clientMessageId: 'a1', text: 'Hello, Ben. 🌍' }
  const sent = await request(`POST ${path}/messages`, { ...asAsha, body: hello })
  assertAnswer('sendMessage', sent)
  assert.equal(sent.body.seq, 1)
  assert.deepEqual((await request(`POST ${path}/messages`, { ...asAsha, body: hello })).body, sent.body)
  const other = await request(`POST ${path}/messages`, { ...asAsha, body: { ...hello, text: 'Else' } })
  assert.deepEqual([other.status, other.body.code], [409, 'client_message_id_reused'])

  const inbox = await request('GET /v1/inbox', asBen)
  assertAnswer('getInbox', inbox)
  assert.equal(inbox.body.data[0].unread, 1)
  const read = await request(`POST ${path}/read`, { ...asBen, body: { seq: 1 } })
  assertAnswer('markRead', read)
  assert.deepEqual(read.body, { readSeq: 1 })
  assert.equal((await request('GET /v1/inbox', asBen)).body.data[0].unread, 0)

  const history = await request(`GET ${path}/messages?after=0&limit=10`, asBen)
  assertAnswer('listMessages', history)
  assert.deepEqual(history.body, { data: [sent.body], hasMore: false })
  assertAnswer('getConversation', await request(`GET ${path}`, asBen))
  assertAnswer('listUsers', await request('GET /v1/users?limit=1', asAsha))
  assertAnswer('getUser', await request(`GET /v1/users/${ben.body.id}`, asAsha))
  assertAnswer('listTopics', await request('GET /v1/topics', { bearer }))
})

test('/v1/me says whom each kind of credential stands for', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const { tenant, key, bearer, asha, ben, token } = await populatedTenant(tenancy, messaging, 'Acme')
  const acme = { id: tenant.id, name: 'Acme' }
  assert.deepEqual((await request('GET /v1/me', { bearer: adminToken })).body, { kind: 'operator' })
  assert.deepEqual((await request('GET /v1/me', { bearer })).body, { kind: 'api-key', tenant: acme, apiKeyId: key.id })
  const forBen = await request('GET /v1/me', { bearer, headers: { 'koine-user': ben.id } })
  assert.deepEqual(forBen.body, { kind: 'api-key', tenant: acme, apiKeyId: key.id, user: ben })
  const me = await request('GET /v1/me', { bearer: token })
  assertAnswer('getMe', me)
  assert.deepEqual(me.body.user, asha)
})

test('lists come in pages that a cursor leads through', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const { bearer, asha, ben, scope } = await populatedTenant(tenancy, messaging, 'Acme')
  const carla = await tenancy.createUser(scope, { name: 'Carla' })
  const names: string[] = []
  let query = '?limit=1'
  for (let pages = 0; pages < 10; pages++) {
    const { body } = await request(`GET /v1/users${query}`, { bearer })
    assert.ok(body.data.length <= 1)
    if (body.data[0]) names.push(body.data[0].name)
    if (body.nextCursor === undefined) break
    query = `?limit=1&cursor=${encodeURIComponent(body.nextCursor)}`
  }
  assert.deepEqual(names.sort(), [asha.name, ben.name, carla.name].sort())
})

test('an API key acts only for users that exist, and a user only for themselves', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  const check = async (options: { bearer: string; headers?: Record<string, string> }, status: number, code: string) => {
    const answer = await request('GET /v1/inbox', options)
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(options.headers))
  }
  const { bearer, token } = acme
  await check({ bearer }, 400, 'invalid_request')
  await check({ bearer, headers: { 'koine-user': globex.asha.id } }, 404, 'not_found')
  await check({ bearer, headers: { 'koine-user': 'nobody' } }, 404, 'not_found')
  await check({ bearer: token, headers: { 'koine-user': acme.ben.id } }, 403, 'forbidden')
  await check({ bearer: adminToken }, 403, 'forbidden')
  assert.equal((await request('GET /v1/inbox', { bearer: token, headers: { 'koine-user': acme.asha.id } })).status, 200)
})

test('HEAD answers as GET does, without a body', async () => {
  await using fixture = await gatewayFixture()
  const answer = await fixture.request('HEAD /healthz')
  assert.deepEqual([answer.status, answer.text], [200, ''])
})
