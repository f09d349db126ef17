import type { Metrics } from '@koine/base'
import type { Backpressure } from './backpressure.ts'

/** Tenants are told of one by one up to so many, those that were slowed for longest. */
const tenantsMax = 1_000

/** What Prometheus is told of backpressure. */
export function exposeBackpressure(metrics: Metrics, backpressure: Backpressure): void {
  metrics.series({
    name: 'koine_backpressure_pressure',
    help: 'Each signal of overload over its limit, averaged over a few looks; above 1 the node is overloaded.',
    labelNames: ['signal'],
    collect: async () =>
      backpressure.pressures().map(({ name, level }) => ({ labels: { signal: name }, value: level })),
  })
  metrics.gauge({
    name: 'koine_backpressure_bound_bytes_per_second',
    help: 'Work that the node admits, requests’ own cost included; 0 while nobody is held back.',
    collect: () => backpressure.state().bound ?? 0,
  })
  metrics.gauge({
    name: 'koine_backpressure_work_bytes_per_second',
    help: 'Work that the node does, requests’ own cost included.',
    collect: () => backpressure.state().rate,
  })
  metrics.gauge({
    name: 'koine_backpressure_slowed_tenants',
    help: 'Tenants of which a connection waits.',
    collect: () => backpressure.state().slowedTenants,
  })
  metrics.series({
    name: 'koine_backpressure_slowed_seconds',
    help: 'For how long connections of tenants that were active lately had to wait for the node, all together.',
    labelNames: ['tenant'],
    collect: async () =>
      [...backpressure.tenants()]
        .filter(({ slowedMs }) => slowedMs > 0)
        .toSorted((a, b) => b.slowedMs - a.slowedMs)
        .slice(0, tenantsMax)
        .map(({ tenantId, slowedMs }) => ({ labels: { tenant: tenantId }, value: slowedMs / 1_000 })),
  })
}
