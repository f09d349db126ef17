import { Metrics, seededRandomness, silentLogger, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { encodeRecordBatch, type NewRecordBatch } from '@koine/protocols-kafka/record-batch'
import { type Faults, scopeTo, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { StreamsLimits } from '../limits.ts'
import { Streams } from '../streams.ts'

export interface VirtualCluster {
  readonly clock: ManualClock
  readonly scope: TenantScope
  readonly other: TenantScope
  readonly streams: Streams
  /** Of `streams`. */
  readonly metrics: Metrics
  /** The same stores under a fresh process. */
  readonly restart: () => Streams
}

/** Two tenants over memory stores, on a clock that stands still. */
export function virtualCluster({
  limits,
  faults,
}: { limits?: Partial<StreamsLimits>; faults?: Faults } = {}): VirtualCluster {
  const clock = new ManualClock()
  const randomness = seededRandomness(1)
  const stores = memoryStores({ clock, randomness, ...(faults && { faults }) })
  const newTenant = (): TenantScope => scopeTo(stores, tenantIds.make({ clock, randomness }))
  const metrics = new Metrics()
  const start = (kept: Metrics): Streams =>
    new Streams({ clock, randomness, logger: silentLogger, metrics: kept, ...(limits && { limits }) })
  const restart = (): Streams => start(new Metrics())
  return { clock, scope: newTenant(), other: newTenant(), streams: start(metrics), metrics, restart }
}

/** A batch with one record for each value. */
export const batchOf = (
  values: readonly string[],
  fields: Partial<NewRecordBatch> = {},
  timestampMs = 1_000,
): Uint8Array =>
  encodeRecordBatch({
    records: values.map((value, i) => ({ key: null, value: Buffer.from(value), timestampMs: timestampMs + i })),
    ...fields,
  })

/** Lets everything that can go on without time go on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
