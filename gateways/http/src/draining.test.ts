import assert from 'node:assert/strict'
import { Agent, get } from 'node:http'
import test from 'node:test'
import { until } from '@koine/base/testing'
import { gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

/** A gateway whose inbox answers only when `finish` is called. */
async function withSlowInbox(drainMs: number) {
  const base = await gatewayFixture()
  const { promise, resolve: finish } = Promise.withResolvers<void>()
  let began = false
  const inbox = async () => {
    began = true
    await promise
    return { entries: [] }
  }
  const messaging = Object.assign(Object.create(base.messaging) as typeof base.messaging, { inbox })
  const fixture = await gatewayFixture({ tenancy: base.tenancy, messaging, limits: { drainMs, handlerTimeoutMs: 300 } })
  const { token } = await populatedTenant(base.tenancy, base.messaging, 'Acme')
  const { url, port } = await fixture.gateway.listen()
  return { gateway: fixture.gateway, events: fixture.events, url, port, token, finish, began: () => began }
}

test('disposing finishes what is in flight and takes nothing new', async () => {
  const { gateway, url, token, finish, began } = await withSlowInbox(10_000)
  const slow = fetch(`${url}/v1/inbox`, { headers: { authorization: `Bearer ${token}` } })
  await until('the request is in flight', began)
  const disposed = gateway[Symbol.asyncDispose]()
  await assert.rejects(fetch(`${url}/healthz`))
  finish()
  const answer = await slow
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { data: [] })
  await disposed
})

test('what is still in flight at the deadline is cut off', async () => {
  const { gateway, url, token, began } = await withSlowInbox(50)
  const slow = fetch(`${url}/v1/inbox`, { headers: { authorization: `Bearer ${token}` } })
  const cut = assert.rejects(slow)
  await until('the request is in flight', began)
  await gateway[Symbol.asyncDispose]()
  await cut
})

test('a call that takes too long answers 504', async () => {
  const { gateway, url, token, finish } = await withSlowInbox(1000)
  const answer = await fetch(`${url}/v1/inbox`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(answer.status, 504)
  assert.equal(((await answer.json()) as { code: string }).code, 'timeout')
  finish()
  await gateway[Symbol.asyncDispose]()
})

test('a draining gateway says so on the connections that are left', async () => {
  await using fixture = await gatewayFixture()
  const { request, gateway } = fixture
  assert.deepEqual([(await request('GET /readyz')).status, (await request('GET /v1/me')).status], [200, 401])
  gateway.drain()
  const ready = await request('GET /readyz')
  assert.deepEqual([ready.status, ready.body.status], [503, 'draining'])
  const refused = await request('GET /v1/me')
  assert.deepEqual([refused.status, refused.body.code, refused.headers['retry-after']], [503, 'unavailable', '1'])
  assert.equal((await request('GET /healthz')).status, 200)
})

test('disposing ends event streams and idle connections', async () => {
  await using fixture = await gatewayFixture()
  const { gateway, tenancy, messaging, events } = fixture
  const { bearer } = await populatedTenant(tenancy, messaging, 'Acme')
  const { url } = await gateway.listen()
  const headers = { authorization: `Bearer ${bearer}` }
  const stream = await fetch(`${url}/v1/events?topic=koine.messages`, { headers })
  await until('the stream is read', () => events.readers === 1)
  const agent = new Agent({ keepAlive: true })
  await new Promise((resolve) => get(`${url}/healthz`, { agent }, (response) => response.resume().on('end', resolve)))
  const began = performance.now()
  await gateway[Symbol.asyncDispose]()
  assert.ok(performance.now() - began < 5000)
  assert.match(await stream.text(), /^: the stream is open/)
  assert.equal(events.readers, 0)
  agent.destroy()
})

test('a port in use rejects with what Node says of it', async () => {
  await using first = await gatewayFixture()
  const { port } = await first.gateway.listen()
  await using second = await gatewayFixture({ port })
  await assert.rejects(second.gateway.listen(), { code: 'EADDRINUSE' })
})
