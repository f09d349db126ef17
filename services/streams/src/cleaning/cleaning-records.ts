import type { Operation, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'
import { tableLimits } from '@koine/stores-ports'
import { type CleaningState, type Horizon, uncleaned } from './cleaning-state.ts'

/**
 * One record a partition that was compacted, under its topic's id, so that a topic made again begins anew: `v` is the
 * layout's version, the others are those of `CleaningState`, horizons as pairs.
 */
const table = 'streams.cleaning'
const partitionKey = 'partitions'
const layout = 1

export interface CleanedPartition {
  readonly topicId: string
  readonly partition: number
}

const keyOf = ({ topicId, partition }: CleanedPartition): RecordKey => ({
  table,
  pk: partitionKey,
  sk: `${topicId}/${partition}`,
})

export async function readState(scope: TenantScope, at: CleanedPartition): Promise<CleaningState> {
  const record = await scope.tables.get(keyOf(at))
  if (!record) return uncleaned
  const { cleanedTo, sweptTo, horizons, stuckFrom } = record.attributes
  return {
    cleanedTo: Number(cleanedTo),
    sweptTo: Number(sweptTo),
    horizons: (horizons as [number, number][]).map(([before, atMs]): Horizon => ({ before, atMs })),
    ...(typeof stuckFrom === 'number' && { stuckFrom }),
  }
}

export async function writeState(scope: TenantScope, at: CleanedPartition, state: CleaningState): Promise<void> {
  const { cleanedTo, sweptTo, horizons, stuckFrom = null } = state
  const pairs = horizons.map(({ before, atMs }) => [before, atMs])
  const attributes = { v: layout, cleanedTo, sweptTo, horizons: pairs, stuckFrom }
  await scope.tables.write({ operations: [{ put: keyOf(at), attributes }] })
}

/** Forgets the partitions of topics that are no more. */
export async function forgetOthers(scope: TenantScope, topicIds: ReadonlySet<string>): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await scope.tables.query({ table, pk: partitionKey, limit: 1_000, ...(cursor && { cursor }) })
    const gone = page.records.filter(({ key }) => !topicIds.has(key.sk.slice(0, key.sk.indexOf('/'))))
    await deleteAll(scope, gone)
    cursor = page.cursor
  } while (cursor)
}

async function deleteAll(scope: TenantScope, records: readonly TableRecord[]): Promise<void> {
  const atOnce = tableLimits.batchOperations
  for (let from = 0; from < records.length; from += atOnce) {
    const operations = records.slice(from, from + atOnce).map(({ key }): Operation => ({ delete: key }))
    await scope.tables.write({ operations })
  }
}
