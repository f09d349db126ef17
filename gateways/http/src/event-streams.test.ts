import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { KoineError } from '@koine/base'
import { until } from '@koine/base/testing'
import { gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'
import type { HttpLimits } from './options.ts'

async function open(limits: Partial<HttpLimits> = {}) {
  const fixture = await gatewayFixture({ limits })
  const acme = await populatedTenant(fixture.tenancy, fixture.messaging, 'Acme')
  const { url, port } = await fixture.gateway.listen()
  const leave = new AbortController()
  const follow = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/v1/events?${query}`, {
      headers: { authorization: `Bearer ${acme.bearer}`, ...headers },
      signal: leave.signal,
    })
    return { response, received: collect(response) }
  }
  return { ...fixture, ...acme, url, port, follow, leave }
}

/** What has come so far, and whether the stream has ended. */
function collect(response: Response): { text: string; ended: boolean } {
  const received = { text: '', ended: false }
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) received.text += decoder.decode(chunk, { stream: true })
  }
  void read()
    .catch(() => {}) // Cut off: that it ended is what the test asks.
    .finally(() => (received.ended = true))
  return received
}

const topic = 'topic=koine.messages'

test('events come as they happen, each with its cursor, and only those of the own tenant', async () => {
  await using fixture = await open()
  const { follow, events, scope, tenancy, messaging } = fixture
  const globex = await populatedTenant(tenancy, messaging, 'Globex')
  events.publish(scope, '{"before":true}')
  const { response, received } = await follow(topic)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type')!, /^text\/event-stream/)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  await until('the stream is read', () => events.readers === 1)
  events.publish(globex.scope, '{"foreign":true}')
  events.publish(scope, '{"after":true}')
  await until('the event came', () => received.text.includes('id: 2\ndata: {"after":true}\n\n'))
  assert.ok(!received.text.includes('before') && !received.text.includes('foreign'))
})

test('a stream goes on from a cursor, and Last-Event-ID comes before the query', async () => {
  await using fixture = await open()
  const { follow, events, scope } = fixture
  for (const n of [1, 2, 3]) events.publish(scope, `{"n":${n}}`)
  const all = await follow(`${topic}&from=earliest`)
  await until('all came', () => all.received.text.includes('"n":3'))
  assert.deepEqual(all.received.text.match(/^id: \d+$/gm), ['id: 1', 'id: 2', 'id: 3'])
  const rest = await follow(`${topic}&from=2`)
  await until('the rest came', () => rest.received.text.includes('"n":3'))
  assert.ok(!rest.received.text.includes('"n":2'))
  const resumed = await follow(`${topic}&from=earliest`, { 'last-event-id': '2' })
  await until('the rest came', () => resumed.received.text.includes('"n":3'))
  assert.ok(!resumed.received.text.includes('"n":1'))
})

test('an unknown topic and a bad cursor are problems, not streams', async () => {
  await using fixture = await open()
  assert.equal((await fixture.follow('topic=koine.nothing')).response.status, 404)
  assert.equal((await fixture.follow(`${topic}&from=nonsense`)).response.status, 400)
  assert.equal(fixture.events.readers, 0)
})

test('an event of several lines stays one event', async () => {
  await using fixture = await open()
  const { follow, events, scope } = fixture
  events.publish(scope, '{\n"a":1\r\n}')
  const { received } = await follow(`${topic}&from=earliest`)
  await until('it came', () => received.text.includes('id: 1\ndata: {\ndata: "a":1\ndata: }\n\n'))
})

test('reading ends when the client leaves', async () => {
  await using fixture = await open()
  const { follow, events, leave } = fixture
  await follow(topic)
  await until('the stream is read', () => events.readers === 1)
  leave.abort()
  await until('nobody reads', () => events.readers === 0)
})

test('a revoked key and a suspended tenant end their streams and say why', async () => {
  await using fixture = await open()
  const { follow, events, tenancy, tenant, key, url } = fixture
  const other = await tenancy.createApiKey(tenant.id)
  const first = await follow(topic)
  const second = await fetch(`${url}/v1/events?${topic}`, {
    headers: { authorization: `Bearer ${other.id}.${other.secret}` },
  })
  const ofOther = collect(second)
  await until('both are read', () => events.readers === 2)
  await tenancy.revokeApiKey(tenant.id, key.id)
  await until('the first ended', () => first.received.ended)
  assert.match(first.received.text, /event: error\ndata: \{.*"code":"unauthenticated"/)
  assert.equal(ofOther.ended, false)
  await tenancy.suspendTenant(tenant.id)
  await until('the other ended', () => ofOther.ended)
  assert.equal(events.readers, 0)
})

test('a key that expires ends its stream at the next heartbeat', async () => {
  await using fixture = await open({ eventHeartbeatMs: 20 })
  const { tenancy, tenant, url } = fixture
  const key = await tenancy.createApiKey(tenant.id, { expiresAt: new Date(Date.now() + 300).toISOString() })
  const headers = { authorization: `Bearer ${key.id}.${key.secret}` }
  const received = collect(await fetch(`${url}/v1/events?${topic}`, { headers }))
  await until('a heartbeat came', () => received.text.includes(': still here\n\n'))
  await until('it ended', () => received.ended)
  assert.match(received.text, /"code":"unauthenticated"/)
})

test('a failure in the middle ends the stream with a problem', async () => {
  await using fixture = await open()
  const { follow, events } = fixture
  const { received } = await follow(topic)
  await until('the stream is read', () => events.readers === 1)
  events.failure = new KoineError('unavailable', 'The log is away.')
  events.wake()
  await until('it ended', () => received.ended)
  assert.match(received.text, /event: error\ndata: \{.*"code":"unavailable".*"retryAfterMs":1000/)
})

test('a client that never reads holds up its own stream only, in bounded memory, and is dropped', async () => {
  await using fixture = await open({ eventStallMs: 200 })
  const { events, scope, port, bearer, url } = fixture
  const big = JSON.stringify({ text: 'x'.repeat(64 * 1024) })
  for (let n = 0; n < 2000; n++) events.publish(scope, big)
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => {}) // A reset is how being dropped looks from here.
  socket.write(`GET /v1/events?${topic}&from=earliest HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\n\r\n`)
  await until('reading has begun', () => events.readers === 1)
  await until('the stream was dropped', () => events.readers === 0)
  assert.ok(events.taken < 1000, `${events.taken} events were taken for a client that reads nothing`)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  socket.destroy()
})

test('a tenant has so many streams and no more', async () => {
  await using fixture = await open({ eventStreamsPerTenant: 2 })
  const { follow, events } = fixture
  await follow(topic)
  await follow(topic)
  const third = await follow(topic)
  assert.equal(third.response.status, 429)
  assert.equal(third.response.headers.get('retry-after'), '5')
  assert.equal(events.readers, 2)
})

test('those that follow a topic don’t take the places of requests either', async () => {
  await using fixture = await open({ requestsInFlight: 1 })
  const { url, bearer, topic: ofAcme, leave } = fixture
  const get = (path: string): Promise<Response> =>
    fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` }, signal: leave.signal })
  assert.equal((await get(`/v1/topics/${ofAcme}/tail`)).status, 200)
  assert.equal((await get('/v1/topics')).status, 200)
  leave.abort()
})
