import { KoineError, sleep } from '@koine/base'
import type { Health } from '@koine/contract'
import type { FastifyRequest } from 'fastify'
import { bearerOf } from '../caller.ts'
import type { HttpGatewayOptions } from '../options.ts'
import { route, type Routing } from '../routing.ts'

const readinessTimeoutMs = 2000

/** For whoever runs the server: probes and metrics. */
export function operationsRoutes(routing: Routing, options: HttpGatewayOptions, draining: () => boolean): void {
  route(routing, 'getHealth', async () => ({ status: 'ok' as const }))
  route(routing, 'getReadiness', async ({ reply }) => {
    const health = draining() ? { status: 'draining' as const } : await readiness(options)
    if (health.status !== 'ok') void reply.status(503).header('retry-after', 1)
    return health
  })
  route(routing, 'getNodeHealth', async () => options.nodeHealth())
  route(routing, 'getMetrics', async ({ request, reply }) => {
    const tenants = request.headers.authorization !== undefined
    if (tenants) await refuseUnlessOperator(options.tenancy, request)
    void reply.type(options.metrics.contentType)
    return options.metrics.text({ tenants })
  })
}

/** What a credential is sent for has to be allowed by it, though it may be left out. */
async function refuseUnlessOperator(tenancy: HttpGatewayOptions['tenancy'], request: FastifyRequest): Promise<void> {
  const { kind } = await tenancy.authenticateBearer(bearerOf(request))
  if (kind !== 'operator') throw new KoineError('forbidden', 'The metrics of tenants take the admin token.')
}

async function readiness({ readiness, clock, logger }: HttpGatewayOptions): Promise<Health> {
  const answered = new AbortController()
  try {
    const late = sleep(clock, readinessTimeoutMs, answered.signal).then(() => {
      throw new KoineError('timeout', `The stores didn't answer within ${readinessTimeoutMs} ms.`)
    })
    const answer = await Promise.race([readiness(), late])
    return typeof answer === 'string' ? { status: answer } : answer
  } catch (error) {
    logger.warn({ err: error }, 'not ready')
    return { status: 'failing' }
  } finally {
    answered.abort()
  }
}
