import { Metrics, seededRandomness, silentLogger, systemClock, type TenantId } from '@koine/base'
import type { Demo, NodeHealth } from '@koine/contract'
import { Messaging } from '@koine/services-messaging'
import { StreamOperations, Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { memoryStores } from '@koine/stores-ports/memory'
import type { InjectOptions } from 'fastify'
import { HttpGateway, type HttpGatewayOptions } from '../index.ts'
import { TestEvents } from './test-events.ts'

export const adminToken = 'the-admin-token-of-the-tests'

/** The real services over memory stores behind a gateway that hasn't begun to listen. */
export async function gatewayFixture(overrides: Partial<HttpGatewayOptions> = {}) {
  const clock = systemClock
  const randomness = seededRandomness(11)
  const logger = silentLogger
  const metrics = new Metrics()
  const stores = memoryStores({ clock, randomness })
  const tenancy = new Tenancy({ stores, clock, randomness, logger, adminToken })
  const usersExist = tenancy.usersExist.bind(tenancy)
  const messaging = new Messaging({ clock, randomness, logger, metrics, usersExist })
  const events = new TestEvents()
  const quotasOf = async (tenant: TenantId) => (await tenancy.quotas(tenant)).quotas
  const cluster = new Streams({ clock, randomness, logger, metrics, quotasOf })
  tenancy.onQuotasChanged((tenant) => cluster.throttling.quotasChanged(tenant))
  const streams = new StreamOperations({ streams: cluster, clock })
  const gateway = new HttpGateway({
    tenancy,
    messaging,
    events,
    streams,
    clock,
    logger,
    metrics,
    host: '127.0.0.1',
    port: 0,
    readiness: async () => 'ok',
    nodeHealth: exampleHealth,
    ...overrides,
  })
  return {
    gateway,
    tenancy,
    messaging,
    events,
    streams,
    stores,
    metrics,
    request: requester(gateway),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
      await messaging[Symbol.asyncDispose]()
      await tenancy[Symbol.asyncDispose]()
    },
  }
}

type FieldName = 'id' | 'data' | 0 | 'length' | 'name' | 'user' | 'secret' | 'token' | 'seq' | 'unread' | 'conversation'
type ProblemField = 'code' | 'status' | 'detail' | 'errors' | 'retryAfterMs' | 'nextCursor'
/** An answer of any shape: tests look into it by name, and what they find may be a text. */
type Loose = string & { readonly [name in FieldName | ProblemField]: Loose }

export interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
  readonly body: Loose
}

export type Requester = (
  request: string,
  options?: { bearer?: string; body?: unknown; raw?: string | Buffer; headers?: Record<string, string> },
) => Promise<Answer>

/** `request('POST /v1/users', { bearer, body })`, without a socket. */
function requester(gateway: HttpGateway): Requester {
  let prepared: Promise<void> | undefined
  return async (request, { bearer, body, raw, headers = {} } = {}) => {
    await (prepared ??= gateway.prepare())
    const [method, url] = request.split(' ') as [InjectOptions['method'], string]
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await gateway.app.inject({
      method: method!,
      url,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { payload }),
    })
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.payload,
      body: isJson && response.payload !== '' ? JSON.parse(response.payload) : ('' as Loose),
    }
  }
}

/** A tenant with a key, two users with tokens, a conversation of theirs with one message, a topic and a group of it. */
export async function populatedTenant(tenancy: Tenancy, messaging: Messaging, name: string) {
  const tenant = await tenancy.createTenant({ name })
  const key = await tenancy.createApiKey(tenant.id)
  const scope = await tenancy.scope(tenant.id)
  const asha = await tenancy.createUser(scope, { name: 'Asha' })
  const ben = await tenancy.createUser(scope, { name: 'Ben' })
  const { token } = await tenancy.mintUserToken(scope, asha.id)
  const conversation = await messaging.createConversation(scope, { kind: 'direct', members: [asha.id, ben.id] })
  const message = { conversationId: conversation.id, senderId: asha.id, clientMessageId: 'c1', text: 'Hello' }
  await messaging.send(scope, message)
  const [topic, group] = [`topic-of-${name}`, `group-of-${name}`]
  await scope.log.createTopic({ name: topic, partitions: 1 })
  await scope.log.commitOffsets(group, [{ topic, partition: 0, offset: 0 }])
  return { tenant, key, bearer: `${key.id}.${key.secret}`, scope, asha, ben, token, conversation, topic, group }
}

export const exampleHealth = (): NodeHealth => ({
  status: 'ok',
  startedAt: '2026-01-01T00:00:00.000Z',
  disk: {
    state: 'healthy',
    reason: '',
    since: '2026-01-01T00:00:00.000Z',
    recentMs: { read: 0, write: 0.1, sync: 1 },
    oldestWaitMs: 0,
    errors: {},
  },
  probe: { state: 'off' },
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
})

export const exampleDemo = (): Demo => ({
  tenant: { id: 'tenant_01kb2x3yt4e5v8p9q0r1s2t3v4', name: 'acme' },
  apiKey: { id: 'key_01kb2x3yt4e5v8p9q0r1s2t3v5', secret: 'secret' },
  users: [],
  conversationId: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
})
