import type { Metrics } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { FetchedPartition } from '../records/fetch.ts'
import type { ProduceOutcome } from '../records/produce-outcome.ts'
import { exposeLogs, type MeteredTenant } from './log-series.ts'

/** Tenants with series of their own; the one that was quiet for longest gives way to a new one. */
const tenantsMax = 1_000
/** Groups whose lag is told for one tenant, those furthest behind. */
const groupsPerTenant = 100

const recordCountAt = 57

type Counted = 'bytes' | 'records'
type Meter = { -readonly [field in keyof MeteredTenant]: MeteredTenant[field] }

/** What each tenant's clients do, for Prometheus: bytes, records, refusals, and how much there is. */
export class TenantMetrics {
  readonly #meters = new Map<string, Meter>()
  readonly #counters
  readonly #metrics: Pick<Metrics, 'leaveOut'>
  readonly #leftOut = new Set<string>()
  readonly #groups: Pick<GroupCoordinator, 'lags'>

  constructor(metrics: Metrics, groups: Pick<GroupCoordinator, 'lags'>) {
    const counter = (name: string, help: string) =>
      metrics.counter({ name: `koine_streams_${name}_total`, help, labelNames: ['tenant'] })
    this.#metrics = metrics
    this.#groups = groups
    this.#counters = {
      produced: {
        bytes: counter('produced_bytes', 'Bytes of record batches that were appended.'),
        records: counter('produced_records', 'Records that were appended.'),
      },
      fetched: {
        bytes: counter('fetched_bytes', 'Bytes of record batches handed to consumers.'),
        records: counter('fetched_records', 'Records handed to consumers, as far as their batches say.'),
      },
      refused: counter('produce_refusals', 'Record batches that were refused.'),
      failed: counter('fetch_failures', 'Partitions of fetches that could not be read.'),
    }
    metrics.series({
      name: 'koine_streams_partitions',
      help: 'Partitions of tenants that were active lately.',
      labelNames: ['tenant'],
      collect: () => this.#partitions(),
    })
    metrics.series({
      name: 'koine_streams_group_lag_records',
      help: 'Records that a consumer group has still to read, of the groups furthest behind.',
      labelNames: ['tenant', 'group'],
      collect: () => this.#lags(),
    })
    exposeLogs(metrics, () => this.#meters.values())
  }

  /** Of the platform's own tenants nothing is told. */
  leaveOut(tenantId: string): void {
    this.#leftOut.add(tenantId)
    this.#metrics.leaveOut(tenantId)
    this.forget(tenantId)
  }

  produced(scope: TenantScope, bytes: number, records: number, outcome: ProduceOutcome): void {
    if (this.#leftOut.has(scope.tenantId)) return
    const { labels } = this.#meter(scope)
    if (outcome.ok) this.#count('produced', labels, { bytes, records })
    else this.#counters.refused.inc(labels)
  }

  fetched(scope: TenantScope, partitions: readonly FetchedPartition[]): void {
    if (this.#leftOut.has(scope.tenantId)) return
    const { labels } = this.#meter(scope)
    let bytes = 0
    let records = 0
    let failures = 0
    for (const each of partitions) {
      if (!each.ok) failures++
      else {
        for (const batch of each.batches) {
          bytes += batch.length
          records += recordCount(batch)
        }
      }
    }
    if (bytes > 0) this.#count('fetched', labels, { bytes, records })
    if (failures > 0) this.#counters.failed.inc(labels, failures)
  }

  forget(tenantId: string): void {
    const meter = this.#meters.get(tenantId)
    if (!meter) return
    this.#meters.delete(tenantId)
    const { produced, fetched, refused, failed } = this.#counters
    for (const each of [...Object.values(produced), ...Object.values(fetched), refused, failed]) {
      each.remove(meter.labels)
    }
  }

  #count(what: 'produced' | 'fetched', labels: Meter['labels'], by: { readonly [counted in Counted]: number }): void {
    this.#counters[what].bytes.inc(labels, by.bytes)
    this.#counters[what].records.inc(labels, by.records)
  }

  /** Moves the tenant to the young end. */
  #meter(scope: TenantScope): Meter {
    const { tenantId } = scope
    const held = this.#meters.get(tenantId)
    if (held) this.#meters.delete(tenantId)
    else if (this.#meters.size >= tenantsMax) this.forget(this.#meters.keys().next().value!)
    const meter = held ?? { labels: { tenant: tenantId }, scope }
    this.#meters.set(tenantId, meter)
    return meter
  }

  async #partitions() {
    const told = []
    for (const { labels, scope } of [...this.#meters.values()]) {
      const topics = await scope.log.topics()
      told.push({ labels, value: topics.reduce((sum, { partitions }) => sum + partitions, 0) })
    }
    return told
  }

  async #lags() {
    const told = []
    for (const { labels, scope } of [...this.#meters.values()]) {
      const lags = (await this.#groups.lags(scope)).toSorted((a, b) => b.lag - a.lag).slice(0, groupsPerTenant)
      for (const { groupId, lag } of lags) told.push({ labels: { ...labels, group: groupId }, value: lag })
    }
    return told
  }
}

/** As a batch's header says. */
export function recordCount(batch: Uint8Array): number {
  if (batch.length < recordCountAt + 4) return 0
  return new DataView(batch.buffer, batch.byteOffset, batch.length).getInt32(recordCountAt)
}
