import assert from 'node:assert/strict'
import test from 'node:test'
import { adminToken, gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

const keyed = (key: string) => ({ 'idempotency-key': key })

test('a creating call that is repeated under its key answers the same and makes one thing', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const acme = await populatedTenant(tenancy, messaging, 'Acme')
  const members = [acme.asha.id, acme.ben.id]
  const calls = [
    ['POST /v1/tenants', adminToken, { name: 'Globex' }],
    [`POST /v1/tenants/${acme.tenant.id}/api-keys`, adminToken, { name: 'second' }],
    ['POST /v1/users', acme.bearer, { name: 'Carla' }],
    ['POST /v1/conversations', acme.bearer, { kind: 'group', members }],
    [`POST /v1/conversations/${acme.conversation.id}/messages`, acme.token, { clientMessageId: 'k', text: 'Hi' }],
  ] as const
  for (const [call, bearer, body] of calls) {
    const first = await request(call, { bearer, body, headers: keyed('key-1') })
    const second = await request(call, { bearer, body, headers: keyed('key-1') })
    assert.equal(first.status, 201, first.text)
    assert.deepEqual([second.status, second.body], [first.status, first.body], call)
    assert.deepEqual(
      [first.headers['idempotency-replayed'], second.headers['idempotency-replayed']],
      [undefined, 'true'],
    )
    const other = await request(call, { bearer, body, headers: keyed('key-2') })
    if (!call.includes('messages')) assert.notEqual(other.body.id, first.body.id)
  }
})

test('the same request in another spelling is the same; another request under the key is refused', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const { token, conversation, bearer } = await populatedTenant(tenancy, messaging, 'Acme')
  const call = `POST /v1/conversations/${conversation.id}/messages`
  const send = (raw: string) => request(call, { bearer: token, raw, headers: keyed('k') })
  const first = await send('{"clientMessageId":"k","text":"Hi"}')
  const respelled = await send('{ "text": "Hi", "clientMessageId": "k" }')
  assert.deepEqual(respelled.body, first.body)
  const other = await send('{"clientMessageId":"k2","text":"Hi"}')
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  // A key belongs to one operation of one caller.
  assert.equal((await request('POST /v1/users', { bearer, body: { name: 'X' }, headers: keyed('k') })).status, 201)
})

test('calls under one key at the same time make one thing', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const { bearer } = await populatedTenant(tenancy, messaging, 'Acme')
  const before = (await request('GET /v1/users', { bearer })).body.data.length
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => request('POST /v1/users', { bearer, body: { name: 'X' }, headers: keyed('k') })),
  )
  assert.equal(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size, 1)
  assert.equal((await request('GET /v1/users', { bearer })).body.data.length, before + 1)
})

test('a refused call leaves its key free', async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging } = fixture
  const { bearer } = await populatedTenant(tenancy, messaging, 'Acme')
  const create = (name: string) => request('POST /v1/users', { bearer, body: { name }, headers: keyed('k') })
  assert.equal((await create(' \t ')).status, 400)
  assert.equal((await create('Carla')).status, 201)
})

test('a key has 1 to 255 printable characters', async () => {
  await using fixture = await gatewayFixture()
  const { request } = fixture
  for (const key of ['', 'a'.repeat(256), 'ключ']) {
    const answer = await request('POST /v1/tenants', { bearer: adminToken, body: { name: 'X' }, headers: keyed(key) })
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_request'], key)
  }
})

test("the secret in a remembered answer is nowhere in the operator's tables", async () => {
  await using fixture = await gatewayFixture()
  const { request, tenancy, messaging, stores } = fixture
  const { tenant } = await populatedTenant(tenancy, messaging, 'Acme')
  const call = `POST /v1/tenants/${tenant.id}/api-keys`
  const written: string[] = []
  const { control } = stores.tables
  const write = control.write.bind(control)
  control.write = (batch) => {
    written.push(JSON.stringify(batch, (_, it) => (it instanceof Uint8Array ? Buffer.from(it).toString('latin1') : it)))
    return write(batch)
  }
  const { body } = await request(call, { bearer: adminToken, headers: keyed('k') })
  assert.equal((await request(call, { bearer: adminToken, headers: keyed('k') })).body.secret, body.secret)
  assert.ok(written.length >= 3)
  for (const batch of written) assert.ok(!batch.includes(body.secret))
})
