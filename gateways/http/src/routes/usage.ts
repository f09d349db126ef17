import type { StreamsUsage } from '@koine/contract'
import type { TenantUsage } from '@koine/services-streams'
import type { HttpGatewayOptions } from '../options.ts'
import { route, type Routing } from '../routing.ts'

/** What tenants use, for themselves and for the operator. */
export function usageRoutes(routing: Routing, { streams, tenancy }: HttpGatewayOptions): void {
  route(routing, 'getStreamsUsage', async ({ scope }) => asStreamsUsage(await streams.usage(scope)))
  route(routing, 'getTenantUsage', async ({ params }) =>
    asStreamsUsage(await streams.usage(await tenancy.scope(params.tenantId))),
  )
}

/** JSON has no infinity. */
const quotaOf = (quota: number): number | null => (quota === Infinity ? null : quota)

function asStreamsUsage({ rates, held, log, cacheHitRate }: TenantUsage): StreamsUsage {
  const rate = ({ perSecond, quota, throttledMs }: TenantUsage['rates']['produceBytesPerSecond']) => ({
    perSecond,
    quota: quotaOf(quota),
    throttledMs,
  })
  const count = ({ used, quota }: TenantUsage['held']['topics']) => ({ used, quota: quotaOf(quota) })
  return {
    rates: {
      produceBytesPerSecond: rate(rates.produceBytesPerSecond),
      fetchBytesPerSecond: rate(rates.fetchBytesPerSecond),
      requestsPerSecond: rate(rates.requestsPerSecond),
      requestPercentage: rate(rates.requestPercentage),
      partitionMutationsPerSecond: rate(rates.partitionMutationsPerSecond),
      connectionsPerSecond: rate(rates.connectionsPerSecond),
    },
    held: {
      connections: count(held.connections),
      topics: count(held.topics),
      partitions: count(held.partitions),
      groups: count(held.groups),
    },
    segments: {
      local: { segments: log.localSegments, bytes: log.localBytes },
      tiered: { segments: log.tieredSegments, bytes: log.tieredBytes },
    },
    damagedSegments: log.damagedSegments,
    readBytes: { ...log.readBytes },
    cacheHitRate: cacheHitRate ?? null,
  }
}
