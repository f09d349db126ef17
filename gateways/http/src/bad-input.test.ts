import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import { type Logger, silentLogger } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { Compile } from 'typebox/compile'
import { operationEntries, Problem } from '@koine/contract'
import fc from 'fast-check'
import { adminToken, type Answer, gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

const problemShape = Compile(Problem)

function assertProblem(answer: Answer, status: number, code: string, about?: string): void {
  assert.deepEqual([answer.status, answer.body.code], [status, code], about ?? answer.text)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.deepEqual(problemShape.Errors(answer.body), [], answer.text)
  assert.equal(answer.body.status, status)
}

async function open() {
  const fixture = await gatewayFixture()
  const acme = await populatedTenant(fixture.tenancy, fixture.messaging, 'Acme')
  const { bearer } = acme
  const post = (raw: string | Buffer, headers: Record<string, string> = {}) =>
    fixture.request('POST /v1/users', { bearer, raw, headers })
  return { ...fixture, acme, bearer, post }
}

test('a body that is not JSON, or not UTF-8, or missing is refused', async () => {
  await using fixture = await open()
  const { post, request, bearer } = fixture
  const refused = [
    '{"name": "Asha"',
    '{"name": "Asha"} x',
    "{'name': 'Asha'}",
    'undefined',
    '{"name": "a\u0007"}',
    Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    Buffer.from('{"name":"Asha"}', 'utf16le'),
    Buffer.from([0xed, 0xa0, 0x80]),
    '{"name":"\\ud800"}',
    '{"\\udc00":1}',
  ]
  for (const raw of refused) assertProblem(await post(raw), 400, 'invalid_request', String(raw))
  assertProblem(await request('POST /v1/users', { bearer }), 400, 'invalid_request')
  assertProblem(await post(''), 400, 'invalid_request')
})

test("a refused body is quoted in neither the answer nor the parser's words", async () => {
  await using fixture = await open()
  const answer = await fixture.post('{"name": "my-secret-name" oops')
  assert.ok(!answer.text.includes('my-secret-name') && !answer.text.includes('oops'))
})

test('JSON that nests 10,000 levels deep is refused, as arrays and as objects', async () => {
  await using fixture = await open()
  const depth = 10_000
  const arrays = '['.repeat(depth) + ']'.repeat(depth)
  const objects = '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
  for (const raw of [arrays, objects, `{"name":${arrays}}`, '['.repeat(depth), '['.repeat(500_000)]) {
    assertProblem(await fixture.post(raw), 400, 'invalid_request')
  }
  assert.equal((await fixture.post(JSON.stringify({ name: '[{'.repeat(50) }))).status, 201)
})

test('a content type other than JSON is refused', async () => {
  await using fixture = await open()
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ]) {
    assertProblem(await fixture.post('{"name":"Asha"}', { 'content-type': type }), 415, 'unsupported_media_type', type)
  }
  assert.equal(
    (await fixture.post('{"name":"Asha"}', { 'content-type': 'application/json; charset=utf-8' })).status,
    201,
  )
})

test('a body over the limit is refused, and so is a message text over 64 KiB', async () => {
  await using fixture = await open()
  const { request, acme, post } = fixture
  assertProblem(await post(`{"name":"${'a'.repeat(512 * 1024)}"}`), 413, 'too_large')
  const path = `POST /v1/conversations/${acme.conversation.id}/messages`
  const send = (text: string) => request(path, { bearer: acme.token, body: { clientMessageId: 'big', text } })
  assertProblem(await send('é'.repeat(32 * 1024) + 'a'), 413, 'too_large')
  assert.equal((await send('é'.repeat(32 * 1024))).status, 201)
})

test('a field that is wrong is named with its path', async () => {
  await using fixture = await open()
  const { request, acme, bearer } = fixture
  const check = async (call: string, body: unknown, fields: string[]) => {
    const answer = await request(call, { bearer, ...(body !== undefined && { body }) })
    assertProblem(answer, 400, 'invalid_request', `${call} ${JSON.stringify(body)} ${answer.text}`)
    const named = (answer.body.errors as unknown as { field: string }[]).map(({ field }) => field)
    assert.deepEqual(named.sort(), fields.sort())
  }
  const members = [acme.asha.id, 'user_nonsense']
  await check('POST /v1/users', {}, ['body/name'])
  await check('POST /v1/users', { name: 5 }, ['body/name'])
  await check('POST /v1/users', { name: '' }, ['body/name'])
  await check('POST /v1/users', { name: 'a'.repeat(201) }, ['body/name'])
  await check('POST /v1/users', { name: 'Asha', admin: true }, ['body/admin'])
  await check('POST /v1/users', [], ['body'])
  await check('POST /v1/users', null, ['body'])
  await check('POST /v1/conversations', { kind: 'party', members }, ['body/kind', 'body/members/1'])
  await check('POST /v1/conversations', { kind: 'direct' }, ['body/members'])
  await check(`POST /v1/users/${acme.asha.id}/tokens`, { expiresInMs: 86_400_001 }, ['body/expiresInMs'])
  await check(`POST /v1/users/${acme.asha.id}/tokens`, { expiresInMs: 1e300 }, ['body/expiresInMs'])
  for (const limit of ['0', '201', '1.5', 'ten', '-1', '1e3x', 'NaN']) {
    await check(`GET /v1/users?limit=${limit}`, undefined, ['query/limit'])
  }
  await check('GET /v1/users?limit=1&limit=2', undefined, ['query/limit'])
  await check('GET /v1/users?limt=1', undefined, ['query/limt'])
  await check('GET /v1/events', undefined, ['query/topic'])
})

test("a body can't reach a prototype", async () => {
  await using fixture = await open()
  for (const raw of [
    '{"name":"x","__proto__":{"admin":true}}',
    '{"__proto__":{"name":"x"}}',
    '{"constructor":{"prototype":{}}}',
  ]) {
    assertProblem(await fixture.post(raw), 400, 'invalid_request')
  }
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('a cursor that is not one of ours is refused', async () => {
  await using fixture = await open()
  for (const call of ['GET /v1/users?cursor=nonsense', 'GET /v1/users?cursor=%00']) {
    assertProblem(await fixture.request(call, { bearer: fixture.bearer }), 400, 'invalid_request')
  }
})

test('unknown paths and malformed ids answer 404, other methods 405 with what is allowed', async () => {
  await using fixture = await open()
  const { request, bearer } = fixture
  for (const path of [
    '/v1/nothing',
    '/v2/users',
    '/v1/users/',
    '/V1/users',
    `/v1/users/${'a'.repeat(300)}`,
    '/v1/users/x',
    '/v1/users/%00',
  ]) {
    assertProblem(await request(`GET ${path}`, { bearer }), 404, 'not_found', path)
  }
  assertProblem(await request('GET /v1/users/%zz', { bearer }), 400, 'invalid_request')
  const wrong = await request('DELETE /v1/users', { bearer })
  assertProblem(wrong, 405, 'method_not_allowed')
  assert.equal(wrong.headers.allow, 'POST, GET, HEAD')
  const ids = {
    tenantId: fixture.acme.tenant.id,
    keyId: fixture.acme.key.id,
    userId: fixture.acme.asha.id,
    conversationId: fixture.acme.conversation.id,
  }
  for (const [id, { path }] of operationEntries) {
    const at = path.replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name])
    const known = operationEntries.filter(([, each]) => each.path === path).map(([, { method }]) => method)
    const other = (['PATCH', 'DELETE'] as const).find((method) => !known.includes(method))!
    const answer = await request(`${other} ${at}`, { bearer: adminToken })
    assertProblem(answer, 405, 'method_not_allowed', id)
    assert.ok(String(answer.headers.allow).length > 0)
  }
})

test('credentials in the wrong form are refused', async () => {
  await using fixture = await open()
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    'Basic a2V5OnNlY3JldA==',
    adminToken,
    `Bearer ${adminToken} x`,
  ]) {
    const answer = await fixture.request('GET /v1/me', { headers: { authorization } })
    assertProblem(answer, 401, 'unauthenticated', authorization)
  }
})

test('whatever the bytes of a body, the answer is a problem of the caller and never ours', async () => {
  await using fixture = await open()
  const calls = operationEntries.filter(([, operation]) => operation.body)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...calls),
      fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 200 }).map((it) => Buffer.from(it)),
      ),
      async ([, { method, path, auth }], raw) => {
        const bearer = auth.includes('operator') ? adminToken : fixture.bearer
        const headers = { 'koine-user': fixture.acme.asha.id }
        const at = path.replace(/\{\w+\}/g, fixture.acme.conversation.id)
        const answer = await fixture.request(`${method} ${at}`, { bearer, raw, headers })
        assert.ok(answer.status < 500, `${method} ${at}: ${answer.text}`)
        if (answer.status >= 400) assertProblem(answer, answer.status, answer.body.code)
      },
    ),
    { numRuns: 300 },
  )
})

/** Sends bytes as they are and returns all that comes back until the server closes. */
const exchange = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let received = ''
    socket.setEncoding('utf8').on('data', (text: string) => (received += text))
    socket.on('close', () => resolve(received)).on('error', reject)
  })

test('what is not HTTP gets a problem and a closed connection, and the server goes on', async () => {
  await using fixture = await gatewayFixture()
  const { port, url } = await fixture.gateway.listen()
  const refused = [
    ['nonsense\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
    ['POST /v1/users HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', '400'],
  ] as const
  for (const [bytes, status] of refused) {
    const answer = await exchange(port, bytes)
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${bytes.slice(0, 40)}: ${answer.slice(0, 80)}`)
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

test('a body that is too long, announced or not, or that never ends is cut off', async () => {
  await using fixture = await gatewayFixture({ limits: { requestTimeoutMs: 200, bodyBytes: 1000 } })
  const { port, url } = await fixture.gateway.listen()
  const { bearer } = await populatedTenant(fixture.tenancy, fixture.messaging, 'Acme')
  const head = `POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\n`
  const check = async (bytes: string, status: string) => {
    const answer = await exchange(port, head + bytes)
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer.slice(0, 200))
    assert.match(answer, /application\/problem\+json/)
  }
  await check('content-length: 999999999999\r\n\r\n{', '413')
  await check(`transfer-encoding: chunked\r\n\r\n7d0\r\n${'['.repeat(2000)}\r\n`, '413')
  await check('content-length: 100\r\n\r\n{"name":', '408')
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

test('a folder of the console is as absent as any other path', async () => {
  await using directory = temporaryDirectory()
  mkdirSync(join(directory.path, 'assets'))
  writeFileSync(join(directory.path, 'index.html'), '<!doctype html>')
  await using fixture = await gatewayFixture({ consoleDirectory: directory.path })
  for (const path of ['/assets', '/assets/']) {
    const { status, body } = await fixture.request(`GET ${path}`)
    assert.deepEqual([status, body.code], [404, 'not_found'], path)
  }
})

test('a client that leaves in the middle of a body is no failure of ours', async () => {
  const lines: unknown[] = []
  const logger: Logger = {
    ...silentLogger,
    error: (fields) => void lines.push(fields),
    child: () => logger,
  }
  await using fixture = await gatewayFixture({ logger })
  const { port } = await fixture.gateway.listen()
  const tenant = await populatedTenant(fixture.tenancy, fixture.messaging, 'acme')
  const left = new Promise((resolve) => {
    fixture.gateway.server.once('request', (request) => request.once('close', resolve))
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.bearer}\r\n` +
      'Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n{',
  )
  await once(socket, 'data')
  socket.destroy()
  await left
  // The refusal is written, to nobody, in the same turn or the next: a call of later is answered after it.
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  assert.deepEqual(lines, [])
})

test('an offer of another protocol is declined by answering, not refused', async () => {
  await using fixture = await gatewayFixture()
  const upgraded: string[] = []
  fixture.gateway.server.on('upgrade', (request, socket) => {
    upgraded.push(request.headers.upgrade!)
    socket.destroy()
  })
  const { port } = await fixture.gateway.listen()
  const ask = async (upgrade: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`)
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    socket.destroy()
    return answer
  }
  assert.match(await ask('h2c'), /^HTTP\/1\.1 200 /)
  assert.equal(await ask('WebSocket'), '')
  assert.deepEqual(upgraded, ['WebSocket'])
})

test('a client that never reads its answers is cut off and gives its places back', async () => {
  await using fixture = await gatewayFixture({ limits: { stallMs: 300, requestsInFlight: 400 } })
  const { port } = await fixture.gateway.listen()
  const cutOff = new Promise((resolve) => {
    fixture.gateway.server.once('connection', (connection) => connection.once('close', resolve))
  })
  const socket = connect(port, '127.0.0.1').on('error', () => {}) // The reset that it is cut off with.
  socket.pause()
  socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(400))
  await cutOff
  socket.destroy()
  assert.equal((await fetch(`http://127.0.0.1:${port}/openapi.json`)).status, 200)
})
