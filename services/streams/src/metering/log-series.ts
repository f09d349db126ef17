import type { Metrics } from '@koine/base'
import type { LogUsage, TenantScope } from '@koine/stores-ports'

/** Of which it is told where their records are: fewer than the tenants whose logs are open at once. */
const tenantsMax = 200

export interface MeteredTenant {
  readonly labels: { readonly tenant: string }
  readonly scope: TenantScope
}

type Usages = readonly (readonly [MeteredTenant['labels'], LogUsage])[]
type Told<Labels> = readonly { readonly labels: Labels; readonly value: number }[]

/**
 * Where tenants' records are, and where they were read from, for Prometheus.
 * @param active the one active last is the last one
 */
export function exposeLogs(metrics: Metrics, active: () => Iterable<MeteredTenant>): void {
  let reading: Promise<Usages> | undefined
  // A scrape asks once for each name, all at once.
  const usages = (): Promise<Usages> => (reading ??= read(active()).finally(() => (reading = undefined)))
  const ofEach =
    <Labels>(of: (usage: LogUsage) => Told<Labels>) =>
    async (): Promise<Told<Labels & MeteredTenant['labels']>> =>
      (await usages()).flatMap(([tenant, usage]) =>
        of(usage).map(({ labels, value }) => ({ labels: { ...tenant, ...labels }, value })),
      )
  metrics.series({
    name: 'koine_streams_segments',
    help: 'Whole segments of a tenant’s log, by where they are; `damaged`: nothing can repair them.',
    labelNames: ['tenant', 'tier'],
    collect: ofEach(({ localSegments, tieredSegments, damagedSegments }) => [
      { labels: { tier: 'local' }, value: localSegments },
      { labels: { tier: 'tiered' }, value: tieredSegments },
      { labels: { tier: 'damaged' }, value: damagedSegments },
    ]),
  })
  metrics.series({
    name: 'koine_streams_segment_bytes',
    help: 'Bytes of a tenant’s segments, by where they are.',
    labelNames: ['tenant', 'tier'],
    collect: ofEach(({ localBytes, tieredBytes }) => [
      { labels: { tier: 'local' }, value: localBytes },
      { labels: { tier: 'tiered' }, value: tieredBytes },
    ]),
  })
  metrics.series({
    name: 'koine_streams_read_bytes',
    help: 'Bytes read since the tenant’s log was opened, by where they came from.',
    labelNames: ['tenant', 'source'],
    collect: ofEach(({ readBytes }) =>
      Object.entries(readBytes).map(([source, value]) => ({ labels: { source }, value })),
    ),
  })
}

async function read(active: Iterable<MeteredTenant>): Promise<Usages> {
  const told: (readonly [MeteredTenant['labels'], LogUsage])[] = []
  for (const { labels, scope } of [...active].slice(-tenantsMax)) told.push([labels, await scope.log.usage()])
  return told
}
