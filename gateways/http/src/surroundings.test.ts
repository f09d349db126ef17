import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { temporaryDirectory } from '@koine/base/testing'
import { createHash } from 'node:crypto'
import { adminToken, exampleDemo, gatewayFixture } from './testing/gateway-fixture.ts'
import { isLoopbackName } from './routes/demo.ts'

const page = { accept: 'text/html,application/xhtml+xml' }

test('probes say whether it is up and whether it is ready', async () => {
  let readiness = async (): Promise<'ok' | 'starting'> => 'starting'
  await using fixture = await gatewayFixture({ readiness: () => readiness() })
  const { request } = fixture
  const check = async (status: number, word: string) => {
    const answer = await request('GET /readyz')
    assert.deepEqual([answer.status, answer.body.status], [status, word])
    assert.equal('retry-after' in answer.headers, status === 503)
  }
  assert.deepEqual((await request('GET /healthz')).body, { status: 'ok' })
  await check(503, 'starting')
  readiness = async () => 'ok'
  await check(200, 'ok')
  readiness = () => Promise.reject(new Error('the disk is gone'))
  await check(503, 'failing')
})

test('metrics are in the text format of Prometheus and count by route, not by path', async () => {
  await using fixture = await gatewayFixture()
  const { request } = fixture
  await request('GET /v1/users/user_01kb2x3yt4e5v8p9q0r1s2t3v6', { bearer: 'nonsense' })
  await request('GET /v1/nothing')
  const metrics = await request('GET /metrics')
  assert.match(String(metrics.headers['content-type']), /^text\/plain/)
  assert.match(
    metrics.text,
    /koine_http_request_seconds_count\{method="GET",route="\/v1\/users\/:userId",status="401"\} 1/,
  )
  assert.match(metrics.text, /koine_http_request_seconds_count\{method="GET",route="none",status="404"\} 1/)
  assert.ok(!metrics.text.includes('user_01'))
})

test('every answer carries the security headers and a request id', async () => {
  await using fixture = await gatewayFixture()
  for (const call of ['GET /', 'GET /v1/me', 'GET /nothing', 'GET /openapi.json']) {
    const { headers } = await fixture.request(call)
    assert.equal(headers['x-content-type-options'], 'nosniff', call)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/)
  }
  assert.equal((await fixture.request('GET /v1/me', { bearer: adminToken })).headers['cache-control'], 'no-store')
})

test('only the origins of the setting may call from a browser', async () => {
  const origin = 'https://app.example.com'
  const preflight = { origin, 'access-control-request-method': 'POST' }
  await using closed = await gatewayFixture()
  const refused = await closed.request('OPTIONS /v1/users', { headers: preflight })
  assert.equal(refused.status, 405)
  assert.equal(refused.headers['access-control-allow-origin'], undefined)

  await using opened = await gatewayFixture({ allowedOrigins: [origin] })
  const allowed = await opened.request('OPTIONS /v1/users', { headers: preflight })
  assert.equal(allowed.status, 204)
  assert.equal(allowed.headers['access-control-allow-origin'], origin)
  assert.match(String(allowed.headers['access-control-allow-headers']), /authorization.*idempotency-key.*koine-user/)
  const call = await opened.request('GET /v1/me', { bearer: adminToken, headers: { origin } })
  assert.deepEqual(
    [call.status, call.headers['access-control-allow-origin'], call.headers.vary],
    [200, origin, 'Origin'],
  )
  const foreign = await opened.request('GET /v1/me', { headers: { origin: 'https://evil.example' } })
  assert.equal(foreign.headers['access-control-allow-origin'], undefined)
})

test('the demo answers under a loopback name in development mode and is nowhere otherwise', async () => {
  await using development = await gatewayFixture({ demo: async () => exampleDemo() })
  const ask = (host: string) => development.request('GET /v1/demo', { headers: { host } })
  assert.deepEqual((await ask('localhost:8080')).body, exampleDemo())
  assert.equal((await ask('koine.example.com')).status, 404)
  await using production = await gatewayFixture()
  assert.equal((await production.request('GET /v1/demo', { headers: { host: 'localhost' } })).status, 404)
})

test('loopback names are told from names that only look like them', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:8080',
    '127.1.2.3',
    '[::1]',
    '[::1]:80',
    'acme.localhost',
  ]) {
    assert.ok(isLoopbackName(host), host)
  }
  for (const host of [
    '',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'evil-localhost',
    'a@localhost',
    '10.0.0.1',
    '[::2]',
  ]) {
    assert.ok(!isLoopbackName(host), host)
  }
})

test('requests over the limit are told to come back, and probes still answer', async () => {
  await using fixture = await gatewayFixture({ limits: { requestsInFlight: 0 } })
  const answer = await fixture.request('GET /v1/me', { bearer: adminToken })
  assert.deepEqual([answer.status, answer.body.code, answer.headers['retry-after']], [429, 'overloaded', '1'])
  assert.equal((await fixture.request('GET /healthz')).status, 200)
})

test('the document is served as the contract builds it', async () => {
  await using fixture = await gatewayFixture()
  const { openApiDocument } = await import('@koine/contract')
  const answer = await fixture.request('GET /openapi.json')
  assert.deepEqual(JSON.parse(answer.text), JSON.parse(JSON.stringify(openApiDocument())))
})

test('the reference page loads nothing from elsewhere', async () => {
  await using fixture = await gatewayFixture()
  const { request } = fixture
  const docs = await request('GET /docs')
  assert.equal(docs.status, 200)
  const sources = [...docs.text.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1])
  assert.deepEqual(sources, ['data:,', '/docs/scalar.js'])
  assert.ok(!/https?:\/\//.test(docs.text), docs.text)
  assert.match(String(docs.headers['content-security-policy']), /default-src 'self'; script-src 'self' 'sha256-/)
  const script = await request('GET /docs/scalar.js')
  assert.equal(script.status, 200)
  assert.ok(script.text.length > 1_000_000)
  const headers = { 'if-none-match': String(script.headers.etag) }
  assert.equal((await request('GET /docs/scalar.js', { headers })).status, 304)
  const compressed = await request('GET /docs/scalar.js', { headers: { 'accept-encoding': 'gzip, br' } })
  assert.equal(compressed.headers['content-encoding'], 'gzip')
  assert.equal((await request('GET /docs/')).headers.location, '/docs')
})

test('without a built console the first page says how to build it', async () => {
  await using fixture = await gatewayFixture()
  const answer = await fixture.request('GET /', { headers: page })
  assert.equal(answer.status, 200)
  assert.match(answer.text, /npm run build/)
  assert.equal((await fixture.request('GET /app/chat', { headers: page })).status, 404)
})

test('a built console is served with its routes, its caching and a policy for its inline scripts', async () => {
  await using directory = temporaryDirectory()
  const inline = 'document.documentElement.dataset.theme = "dark"'
  const index = `<!doctype html><script>${inline}</script><script type="module" src="/assets/index-Ab12Cd34.js"></script>`
  mkdirSync(join(directory.path, 'assets'))
  writeFileSync(join(directory.path, 'index.html'), index)
  writeFileSync(join(directory.path, 'assets', 'index-Ab12Cd34.js'), 'export {}')
  writeFileSync(join(directory.path, 'favicon.svg'), '<svg/>')
  writeFileSync(join(directory.path, '.env'), 'secret')
  await using fixture = await gatewayFixture({ consoleDirectory: directory.path })
  const { request } = fixture
  const hash = createHash('sha256').update(inline).digest('base64')
  for (const path of ['/', '/app/chat', '/app', '/somewhere/else', '/?theme=dark']) {
    const answer = await request(`GET ${path}`, { headers: page })
    assert.deepEqual([answer.status, answer.text], [200, index], path)
    assert.match(String(answer.headers['content-type']), /^text\/html/)
    assert.equal(answer.headers['cache-control'], 'no-cache')
    assert.ok(String(answer.headers['content-security-policy']).includes(`script-src 'self' 'sha256-${hash}';`))
  }
  const asset = await request('GET /assets/index-Ab12Cd34.js')
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.match(String(asset.headers['content-type']), /javascript/)
  assert.equal((await request('GET /favicon.svg')).headers['cache-control'], 'no-cache')
  const absent = ['/assets/gone-Ab12Cd34.js', '/.env', '/..%2f..%2fetc%2fpasswd', '/../package.json', '/v1/nothing']
  for (const path of absent) assert.equal((await request(`GET ${path}`)).status, 404, path)
  assert.equal((await request('GET /v1/nothing', { headers: page })).status, 404)
  assert.equal((await request('POST /app/chat', { headers: page })).status, 404)
  assert.equal((await request('GET /v1/tenants/tenant_x/suspend', { headers: page })).status, 405)
})

test('metrics tell of tenants only to the operator', async () => {
  await using fixture = await gatewayFixture()
  const { request, metrics, tenancy } = fixture
  metrics.counter({ name: 'koine_of_tenants_total', help: 'x', labelNames: ['tenant'] }).inc({ tenant: 'tenant_1' })
  metrics.counter({ name: 'koine_of_all_total', help: 'x' }).inc()
  const open = await request('GET /metrics')
  assert.match(open.text, /koine_of_all_total 1/)
  assert.ok(!open.text.includes('tenant_1'))
  const told = await request('GET /metrics', { bearer: adminToken })
  assert.match(told.text, /koine_of_all_total 1/)
  assert.match(told.text, /koine_of_tenants_total\{tenant="tenant_1"\} 1/)
  const { id } = await tenancy.createTenant({ name: 'Acme' })
  const key = await tenancy.createApiKey(id)
  assert.equal((await request('GET /metrics', { bearer: `${key.id}.${key.secret}` })).body.code, 'forbidden')
  assert.equal((await request('GET /metrics', { bearer: 'nonsense' })).body.code, 'unauthenticated')
})
