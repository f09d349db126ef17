import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError as Failure, Metrics, silentLogger, systemClock, systemRandomness } from '@koine/base'
import { type Events, HttpGateway } from '@koine/gateways-http'
import { WebSocketGateway } from '@koine/gateways-websocket'
import { Messaging } from '@koine/services-messaging'
import { StreamOperations, Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { memoryStores } from '@koine/stores-ports/memory'
import { WebSocket } from 'ws'
import { Koine, KoineApi, type KoineError } from '../index.ts'

const adminToken = 'the-admin-token-of-the-tests'
const withCode = (code: string) => (error: KoineError) => error.code === code

/** A topic of three events that waits after them, and one that breaks. */
const events: Events = {
  async *read(_, { topic, from }, signal) {
    if (topic !== 'koine.messages') throw new Failure('not_found', `There is no topic ${topic}.`)
    for (let n = from === 'earliest' ? 1 : Number(from) + 1; n <= 3; n++) {
      yield {
        cursor: String(n),
        body: JSON.stringify({ specversion: '1.0', id: `evt_${n}`, source: '/', type: 'κοινή' }),
      }
    }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
}

const health = {
  status: 'degraded' as const,
  startedAt: '2026-01-01T00:00:00.000Z',
  disk: {
    state: 'slow' as const,
    reason: 'one sync in ten takes 320 ms or longer',
    since: '2026-01-01T00:00:00.000Z',
    recentMs: { read: 0, write: 0.1, sync: 320 },
    oldestWaitMs: 0,
    errors: { ENOSPC: 2 },
  },
  probe: { state: 'off' as const },
  backpressure: {
    overloaded: false,
    signal: null,
    pressure: 0,
    rate: 0,
    bound: null,
    slowedTenants: 0,
    slowedMs: 0,
  },
  eventLoop: { delayP50Ms: 0, delayP99Ms: 0, utilization: 0 },
  memory: { residentBytes: 1, heapUsedBytes: 1 },
  changes: [],
}

/** The real HTTP and WebSocket gateways on one port. */
async function openServer() {
  const shared = {
    clock: systemClock,
    randomness: systemRandomness,
    logger: silentLogger,
    metrics: new Metrics(),
  }
  const stores = memoryStores(shared)
  const tenancy = new Tenancy({ ...shared, stores, adminToken })
  const messaging = new Messaging({ ...shared, usersExist: async (_, ids) => ids.map(() => true) })
  const streams = new Streams(shared)
  const gateway = new HttpGateway({
    ...shared,
    tenancy,
    messaging,
    events,
    streams: new StreamOperations({ streams, clock: systemClock }),
    host: '127.0.0.1',
    port: 0,
    readiness: async () => 'ok',
    nodeHealth: () => health,
    limits: { drainMs: 200 },
  })
  const realtime = new WebSocketGateway({ ...shared, tenancy, messaging })
  realtime.attach(gateway.server)
  const { url } = await gateway.listen()
  return {
    url,
    tenancy,
    operator: new KoineApi({ url, token: adminToken }),
    [Symbol.asyncDispose]: async () => {
      await realtime[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
      await messaging[Symbol.asyncDispose]()
      await tenancy[Symbol.asyncDispose]()
    },
  }
}

async function openTenant(server: { url: string; operator: KoineApi }) {
  const tenant = await server.operator.tenants.create({ name: 'Acme' })
  const key = await server.operator.keys.create(tenant.id, { name: 'backend' })
  const token = `${key.id}.${key.secret}`
  const api = new KoineApi({ url: server.url, token })
  const [asha, ben] = [await api.users.create({ name: 'Asha' }), await api.users.create({ name: 'Ben' })]
  return { tenant, key, token, api, asha, ben }
}

test('an operator makes, lists, suspends, resumes and deletes tenants, and their keys', async () => {
  await using server = await openServer()
  const { operator } = server
  const tenant = await operator.tenants.create({ name: 'Acme' }, { idempotencyKey: 'once' })
  assert.deepEqual(await operator.tenants.create({ name: 'Acme' }, { idempotencyKey: 'once' }), tenant)
  assert.deepEqual((await operator.tenants.list({ limit: 10 })).data, [tenant])
  assert.equal((await operator.tenants.suspend(tenant.id)).status, 'suspended')
  assert.equal((await operator.tenants.resume(tenant.id)).status, 'active')
  const key = await operator.keys.create(tenant.id)
  assert.deepEqual(
    (await operator.keys.list(tenant.id)).data.map(({ id }) => id),
    [key.id],
  )
  await operator.keys.revoke(tenant.id, key.id)
  await operator.tenants.delete(tenant.id)
  await assert.rejects(operator.tenants.get(tenant.id), withCode('not_found'))
})

test('a server with an API key makes users and tokens, and acts for a user', async () => {
  await using server = await openServer()
  const { api, token, asha, ben } = await openTenant(server)
  const forAsha = new KoineApi({ url: server.url, token, actAs: asha.id })
  const conversation = await forAsha.conversations.create({ kind: 'direct', members: [asha.id, ben.id] })
  const message = await forAsha.conversations.send(conversation.id, { clientMessageId: '1', text: 'Hello' })
  const minted = await api.users.createToken(ben.id)
  const asBen = new KoineApi({ url: server.url, token: minted.token })
  assert.deepEqual(await asBen.conversations.history(conversation.id, { after: 0 }), {
    data: [message],
    hasMore: false,
  })
  assert.equal((await asBen.inbox()).data[0]?.unread, 1)
  assert.deepEqual(await asBen.conversations.markRead(conversation.id, 1), { readSeq: 1 })
  assert.equal((await asBen.me()).user?.name, 'Ben')
  assert.equal((await api.users.list()).data.length, 2)
  assert.equal((await asBen.conversations.get(conversation.id)).lastSeq, 1)
})

test('failures are typed, with the code that the server gave and whether to try again', async () => {
  await using server = await openServer()
  const { tenant } = await openTenant(server)
  const stranger = new KoineApi({ url: server.url, token: 'nonsense' })
  await assert.rejects(stranger.me(), (error: KoineError) => error.code === 'unauthenticated' && !error.retryable)
  await assert.rejects(server.operator.users.list(), withCode('forbidden'))
  await assert.rejects(server.operator.keys.revoke(tenant.id, 'key_00000000000000000000000000'), withCode('not_found'))
  await assert.rejects(new KoineApi({ url: server.url }).demo(), withCode('not_found'))
  const nobody = new KoineApi({ url: 'http://127.0.0.1:1', token: 'x' })
  await assert.rejects(nobody.me(), (error: KoineError) => error.code === 'unavailable' && error.retryable)
})

test('an answer that is no problem document becomes an error by its status', async () => {
  const answering = (status: number) =>
    new KoineApi({ url: 'http://x', token: 'x', fetch: async () => new Response('<h1>Bad gateway</h1>', { status }) })
  for (const [status, code] of [
    [502, 'unavailable'],
    [503, 'unavailable'],
    [404, 'not_found'],
    [418, 'invalid_request'],
    [200, 'unavailable'],
  ] as const) {
    await assert.rejects(answering(status).me(), withCode(code), String(status))
  }
})

test('a token that is refused is asked for again, once', async () => {
  await using server = await openServer()
  const { api, asha } = await openTenant(server)
  let asked = 0
  const good = async (): Promise<string> => (await api.users.createToken(asha.id)).token
  const client = new KoineApi({ url: server.url, token: async () => (asked++ === 0 ? 'stale' : good()) })
  const [me] = await Promise.all([client.me(), client.me()])
  assert.equal(me.user?.id, asha.id)
  assert.equal(asked, 2)
})

test('events are followed from a cursor, and aborting ends them in peace', async () => {
  await using server = await openServer()
  const { api } = await openTenant(server)
  const abort = new AbortController()
  const got: string[] = []
  for await (const { cursor, event } of api.events({ topic: 'koine.messages', from: '1', signal: abort.signal })) {
    got.push(`${cursor} ${event.id} ${event.type}`)
    if (got.length === 2) abort.abort()
  }
  assert.deepEqual(got, ['2 evt_2 κοινή', '3 evt_3 κοινή'])
  const first = await api.events({ topic: 'koine.messages', from: 'earliest' }).next()
  assert.equal(first.value?.cursor, '1')
  await assert.rejects(api.events({ topic: 'koine.nothing' }).next(), withCode('not_found'))
})

test('a client that starts with the latest is told of nothing older, and of everything after', async () => {
  await using server = await openServer()
  const { api, token, asha, ben } = await openTenant(server)
  const conversation = await api.conversations.create({ kind: 'direct', members: [asha.id, ben.id] })
  const forAsha = new KoineApi({ url: server.url, token, actAs: asha.id })
  const say = (text: string) => forAsha.conversations.send(conversation.id, { clientMessageId: text, text })
  await say('old')
  const koine = new Koine({
    url: server.url,
    token: async () => (await api.users.createToken(ben.id)).token,
    webSocket: WebSocket,
  })
  const told = new Promise<string>((resolve) => koine.on('message', ({ text }) => resolve(text)))
  await koine.connect()
  await say('new')
  assert.equal(await told, 'new')
  assert.equal((await koine.api.inbox()).data.length, 1)
  koine.close()
})

test('an operator sees how the node does and what a tenant uses; a tenant sees its own use only', async () => {
  await using server = await openServer()
  const { tenant, api } = await openTenant(server)
  assert.deepEqual(await server.operator.node.health(), health)
  await assert.rejects(api.node.health(), withCode('forbidden'))
  await api.streams.topics.create({ name: 'orders', partitions: 3 })
  const own = await api.streams.usage()
  assert.deepEqual([own.held.topics.used, own.held.partitions.used], [1, 3])
  assert.equal(own.cacheHitRate, null)
  assert.deepEqual((await server.operator.tenants.usage(tenant.id)).held, own.held)
  await assert.rejects(api.tenants.usage(tenant.id), withCode('forbidden'))
})

test('an operator gives a tenant quotas and takes them back', async () => {
  await using server = await openServer()
  const { tenant, api } = await openTenant(server)
  const { quotas } = server.operator.tenants
  const defaults = await quotas.get(tenant.id)
  assert.deepEqual((await quotas.set(tenant.id, { topics: 7, requestPercentage: 'unlimited' })).own, {
    topics: 7,
    requestPercentage: 'unlimited',
  })
  assert.equal((await quotas.change(tenant.id, { topics: null })).quotas.topics, defaults.quotas.topics)
  assert.deepEqual(await quotas.set(tenant.id, {}), defaults)
  await assert.rejects(api.tenants.quotas.get(tenant.id), withCode('forbidden'))
})
