import type { Clock, Metrics } from '@koine/base'
import { rateKinds } from './rate-kinds.ts'
import type { TenantThrottle } from './tenant-throttle.ts'

/** Tenants that are told of: those that use most of their quotas. */
const tenantsMax = 1_000

interface Sources {
  readonly clock: Clock
  readonly tenants: () => Iterable<TenantThrottle>
}

/**
 * How tenants stand to their quotas, for Prometheus. Everything is read when it is scraped, so that charging a request costs
 * nothing for it; the series of a tenant that isn't in use any more are gone.
 */
export function exposeThrottling(metrics: Metrics, { clock, tenants }: Sources): void {
  const series = (
    name: string,
    help: string,
    of: (tenant: TenantThrottle, kind: (typeof rateKinds)[number]) => number,
  ) =>
    metrics.series({
      name: `koine_streams_${name}`,
      help,
      labelNames: ['tenant', 'kind'],
      collect: async () =>
        busiest(tenants(), clock.monotonic()).flatMap((tenant) =>
          rateKinds.map((kind) => ({ labels: { tenant: tenant.tenantId, kind }, value: of(tenant, kind) })),
        ),
    })
  series('quota_use_per_second', 'What a tenant uses of a quota, over the last seconds.', (tenant, kind) =>
    tenant.rates[kind].perSecond(clock.monotonic()),
  )
  series(
    'quota_per_second',
    'What a tenant may use at most; +Inf: as much as it likes.',
    (tenant, kind) => tenant.rates[kind].quota,
  )
  series(
    'throttled_seconds',
    'For how long a tenant’s connections were not read for want of quota, since it came into use.',
    (tenant, kind) => tenant.rates[kind].throttled.ms / 1_000,
  )
  series(
    'throttled_requests',
    'Answers that told a tenant’s clients to wait, since it came into use.',
    (tenant, kind) => tenant.rates[kind].throttled.times,
  )
}

function busiest(tenants: Iterable<TenantThrottle>, nowMs: number): readonly TenantThrottle[] {
  const all = [...tenants]
  if (all.length <= tenantsMax) return all
  const load = new Map(all.map((tenant) => [tenant, shareUsed(tenant, nowMs)]))
  return all.toSorted((a, b) => load.get(b)! - load.get(a)!).slice(0, tenantsMax)
}

/** Of the quota that is nearest to its end. */
const shareUsed = ({ rates }: TenantThrottle, nowMs: number): number =>
  Math.max(...rateKinds.map((kind) => (rates[kind].quota > 0 ? rates[kind].perSecond(nowMs) / rates[kind].quota : 1)))
