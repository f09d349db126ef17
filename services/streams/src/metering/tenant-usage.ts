import type { Clock } from '@koine/base'
import type { LogUsage, TenantScope } from '@koine/stores-ports'
import type { Streams } from '../streams.ts'
import type { ThrottlingReport } from '../throttling/tenant-throttle.ts'

export interface HeldReport {
  readonly used: number
  /** Infinity: unlimited. */
  readonly quota: number
}

/** How a tenant's cluster stands to what it may use, and where its records are. */
export interface TenantUsage {
  readonly rates: Omit<ThrottlingReport, 'connections'>
  readonly held: { readonly [kind in 'connections' | 'topics' | 'partitions' | 'groups']: HeldReport }
  readonly log: LogUsage
  /** From 0 to 1, of the bytes that were read; undefined when none were. */
  readonly cacheHitRate: number | undefined
}

export async function tenantUsage(
  { throttling, groups }: Pick<Streams, 'throttling' | 'groups'>,
  scope: TenantScope,
  clock: Pick<Clock, 'monotonic'>,
): Promise<TenantUsage> {
  const [throttle, topics, ofTenant, log] = await Promise.all([
    throttling.of(scope),
    scope.log.topics(),
    groups.list(scope),
    scope.log.usage(),
  ])
  const { connections, ...rates } = throttle.describe(clock.monotonic())
  const { quotas } = throttle
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0)
  return {
    rates,
    held: {
      connections: { used: connections.open, quota: connections.quota },
      topics: { used: topics.length, quota: quotas.topics },
      partitions: { used: partitions, quota: quotas.partitions },
      groups: { used: ofTenant.length, quota: quotas.groups },
    },
    log,
    cacheHitRate: cacheHitRate(log),
  }
}

export function cacheHitRate({ readBytes: { cache, local, tiered } }: LogUsage): number | undefined {
  const all = cache + local + tiered
  return all === 0 ? undefined : cache / all
}
