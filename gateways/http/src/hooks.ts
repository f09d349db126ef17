import { finished } from 'node:stream'
import { KoineError } from '@koine/base'
import type { FastifyInstance } from 'fastify'
import { apiPolicy } from './content-security.ts'
import type { HttpGatewayOptions, HttpLimits } from './options.ts'

/** What every answer carries, unless the route knows better. */
export function securityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': apiPolicy,
      ...(request.url.startsWith('/v1/') && { 'cache-control': 'no-store' }),
    })
  })
}

const corsMethods = 'GET, POST, PUT, PATCH, DELETE'
const corsRequestHeaders = 'authorization, content-type, idempotency-key, koine-user, last-event-id'
const corsAnswerHeaders = 'retry-after, idempotency-replayed, x-request-id'

/** Lets pages of the listed origins call the API. Others get no CORS header at all, so that browsers keep them out. */
export function crossOrigin(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return
  const allowed = new Set(allowedOrigins)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('vary', 'Origin')
    const { origin } = request.headers
    if (origin === undefined || !allowed.has(origin)) return
    void reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': corsAnswerHeaders,
      'cross-origin-resource-policy': 'cross-origin',
    })
    if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return
    await reply
      .headers({
        'access-control-allow-methods': corsMethods,
        'access-control-allow-headers': corsRequestHeaders,
        'access-control-max-age': '600',
      })
      .status(204)
      .send()
  })
}

/** What answers even when the server is at its limit or about to go: probes must not lie. */
const probes = new Set(['/healthz', '/readyz', '/metrics'])

const eventStreams = new Set(['/v1/events', '/v1/topics/:topic/tail'])

/** Bounds the requests in flight, and takes none once the gateway is draining. */
export function admission(app: FastifyInstance, { requestsInFlight }: HttpLimits, draining: () => boolean): void {
  let inFlight = 0
  app.addHook('onRequest', async (request, reply) => {
    const path = request.routeOptions.url ?? ''
    if (probes.has(path)) return
    if (draining()) throw new KoineError('unavailable', 'The server is shutting down; try again.')
    // Event streams last, and have a bound of their own.
    if (eventStreams.has(path)) return
    if (inFlight >= requestsInFlight) throw new KoineError('overloaded', 'Too many requests are in flight; try again.')
    inFlight++
    finished(reply.raw, () => inFlight--)
  })
  // A kept connection would hold up the closing of the server.
  app.addHook('onSend', async (_, reply) => {
    if (draining()) void reply.header('connection', 'close')
  })
}

/** One histogram and one debug line a request, by route: never by path, query or body. */
export function observation(app: FastifyInstance, { metrics, logger }: HttpGatewayOptions): void {
  const seconds = metrics.histogram({
    name: 'koine_http_request_seconds',
    help: 'Time from the request head to the end of the answer, by route.',
    labelNames: ['method', 'route', 'status'],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const { method } = request
    seconds.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    logger.debug(
      { requestId: request.id, method, route, status: reply.statusCode, elapsedMs: Math.round(reply.elapsedTime) },
      'request',
    )
  })
}
