import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { consoleFiles } from './console-files.ts'
import { documentation } from './documentation.ts'
import type { EventStreams } from './event-streams.ts'
import { admission, crossOrigin, observation, securityHeaders } from './hooks.ts'
import { parseJsonBody } from './json-body.ts'
import type { HttpGatewayOptions, HttpLimits, TlsCertificate } from './options.ts'
import { sendProblem } from './problems.ts'
import { refuseMalformed, refusals, sendNotFound } from './refusals.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { demoRoutes } from './routes/demo.ts'
import { operationsRoutes } from './routes/operations.ts'
import { streamRoutes } from './routes/streams.ts'
import { tenantRoutes } from './routes/tenants.ts'
import { usageRoutes } from './routes/usage.ts'
import { userRoutes } from './routes/users.ts'
import type { Routing } from './routing.ts'

export interface AppParts {
  readonly options: HttpGatewayOptions
  readonly limits: HttpLimits
  readonly eventStreams: EventStreams
  readonly draining: () => boolean
}

export function makeApp({ options, limits, eventStreams, draining }: AppParts): FastifyInstance {
  const { tenancy, messaging, logger } = options
  const listener = {
    maxHeaderSize: limits.headerBytes,
    // How often Node looks for requests that are over their time.
    connectionsCheckingInterval: Math.min(5000, limits.requestTimeoutMs),
    // Any other protocol, such as the h2c that Java's client offers with its first request, is declined by answering
    // in HTTP/1.1 (RFC 9110, section 7.8).
    shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket' && app.server.listenerCount('upgrade') > 0,
  }
  const { certificate } = options
  const app: FastifyInstance = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // A client that never reads would hold its answers, and their places among the requests in flight, for ever.
    connectionTimeout: limits.stallMs,
    forceCloseConnections: 'idle',
    // The admission hook says it as a problem.
    return503OnClosing: false,
    ...(certificate ? securedListener(listener, certificate, limits) : { http: listener }),
    routerOptions: { maxParamLength: 1000 },
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply, logger),
    clientErrorHandler: refuseMalformed,
  })
  app.server.maxConnections = limits.connections
  // Node drops no slow request at all while this is longer than the time for the whole request.
  app.server.headersTimeout = limits.requestTimeoutMs
  takeJsonOnly(app, limits)
  refusals(app, logger)
  observation(app, options)
  securityHeaders(app)
  crossOrigin(app, options.allowedOrigins ?? [])
  admission(app, limits, draining)

  const routing: Routing = { app, tenancy, handlerTimeoutMs: limits.handlerTimeoutMs }
  tenantRoutes(routing)
  apiKeyRoutes(routing)
  userRoutes(routing)
  conversationRoutes(routing, messaging)
  streamRoutes(routing, options, eventStreams)
  usageRoutes(routing, options)
  demoRoutes(routing, options.demo)
  operationsRoutes(routing, options, draining)
  documentation(app)
  return app
}

/** Fastify takes either kind of server and types only one of them. */
const securedListener = (
  listener: object,
  { current }: TlsCertificate,
  { handshakeTimeoutMs }: HttpLimits,
): { readonly http?: object } => {
  const https = { ...listener, ...current, minVersion: 'TLSv1.2', handshakeTimeout: handshakeTimeoutMs }
  return { https } as { readonly http?: object }
}

/** The last part: what is left over is the console's, or there is no such thing. */
export async function addPages(app: FastifyInstance, { consoleDirectory, logger }: HttpGatewayOptions): Promise<void> {
  const fallback = await consoleFiles(app, consoleDirectory)
  app.setNotFoundHandler((request, reply) => {
    if (fallback(request, reply)) return reply
    return sendNotFound(request, reply, logger)
  })
}

function takeJsonOnly(app: FastifyInstance, { jsonDepth }: HttpLimits): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) =>
    parseJsonBody(body, jsonDepth),
  )
}
