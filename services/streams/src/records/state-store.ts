import { invariant } from '@koine/base'
import type { Operation, Query, RecordKey, TableRecord, TenantTables } from '@koine/stores-ports'
import { type AbortedTransaction, mayBeFollowed, type OffsetRange, overlaps } from './aborted-transactions.ts'
import type { SavedState } from './partition-state.ts'
import { decodeAborted, decodeState, encodeAborted } from './state-format.ts'

/*
 * table                      pk                    sk
 * streams.partition-topics   topics                topic id: this topic has partitions below
 * streams.partitions         topic id              partition: its state up to an offset
 * streams.aborted            topic id/partition    last offset of the last of a row's transactions, in the order of their ends
 */
const topicsTable = 'streams.partition-topics'
const partitionsTable = 'streams.partitions'
const abortedTable = 'streams.aborted'
const topicsKey = 'topics'

const abortedPerRow = 500
const rowsPerWrite = 100
const offsetDigits = 16

/** Transactions that one save takes at most. */
export const abortedPerSave = abortedPerRow * (rowsPerWrite - 2)

/** A partition of a topic that is never another one: topic ids aren't given twice. */
export interface PartitionId {
  readonly topicId: string
  readonly partition: number
}

export async function loadState(tables: TenantTables, id: PartitionId): Promise<SavedState | undefined> {
  const record = await tables.get(stateKey(id))
  return record && decodeState(bytesOf(record))
}

/** Keeps the state and, in the same step, the transactions that were aborted since the last time. */
export async function saveState(
  tables: TenantTables,
  id: PartitionId,
  { state, aborted }: { readonly state: Uint8Array; readonly aborted: readonly AbortedTransaction[] },
): Promise<void> {
  invariant(aborted.length <= abortedPerSave, 'The aborted transactions of one save fit in one batch.')
  const operations: Operation[] = [
    { put: { table: topicsTable, pk: topicsKey, sk: id.topicId }, attributes: {} },
    { put: stateKey(id), attributes: { state } },
  ]
  for (let at = 0; at < aborted.length; at += abortedPerRow) {
    const row = aborted.slice(at, at + abortedPerRow)
    const put = { ...abortedGroup(id), sk: offsetText(row.at(-1)!.lastOffset) }
    operations.push({ put, attributes: { aborted: encodeAborted(row) } })
  }
  await tables.write({ operations })
}

/** Forgets the state, whose end the log didn't keep. Aborted transactions stay: their markers were on the disk before. */
export async function forgetState(tables: TenantTables, id: PartitionId): Promise<void> {
  await tables.write({ operations: [{ delete: stateKey(id) }] })
}

/** The aborted transactions that overlap the range and ended before `endedBefore`. */
export async function findAborted(
  tables: TenantTables,
  id: PartitionId,
  { range, endedBefore }: { readonly range: OffsetRange; readonly endedBefore: number },
): Promise<AbortedTransaction[]> {
  const found: AbortedTransaction[] = []
  let seenTo = -1
  for await (const record of recordsOf(tables, { ...abortedGroup(id), from: offsetText(range.from) })) {
    for (const transaction of decodeAborted(bytesOf(record))) {
      // A save whose outcome was unknown was made again, with more: rows may overlap.
      if (transaction.lastOffset <= seenTo) continue
      seenTo = transaction.lastOffset
      if (transaction.lastOffset >= endedBefore) return found
      if (overlaps(transaction, range)) found.push(transaction)
      if (!mayBeFollowed(transaction, range)) return found
    }
  }
  return found
}

/** Forgets aborted transactions that ended before `offset`, where the partition has no more records. */
export async function forgetAborted(tables: TenantTables, id: PartitionId, offset: number): Promise<void> {
  await deleteAll(tables, { ...abortedGroup(id), before: offsetText(offset) })
}

/** Forgets all that is kept of a topic's partitions. */
export async function forgetTopic(tables: TenantTables, topicId: string): Promise<void> {
  for await (const { key } of recordsOf(tables, { table: partitionsTable, pk: topicId })) {
    await deleteAll(tables, abortedGroup({ topicId, partition: Number(key.sk) }))
  }
  await deleteAll(tables, { table: partitionsTable, pk: topicId })
  // Last: a process that dies before leaves what the next one needs to go on.
  await tables.write({ operations: [{ delete: { table: topicsTable, pk: topicsKey, sk: topicId } }] })
}

/** The topics of which something is kept. */
export async function keptTopics(tables: TenantTables): Promise<string[]> {
  const topicIds: string[] = []
  for await (const { key } of recordsOf(tables, { table: topicsTable, pk: topicsKey })) topicIds.push(key.sk)
  return topicIds
}

const stateKey = ({ topicId, partition }: PartitionId): RecordKey => ({
  table: partitionsTable,
  pk: topicId,
  sk: `${partition}`,
})

const abortedGroup = ({ topicId, partition }: PartitionId): { table: string; pk: string } => ({
  table: abortedTable,
  pk: `${topicId}/${partition}`,
})

const offsetText = (offset: number): string => `${Math.max(0, offset)}`.padStart(offsetDigits, '0')

function bytesOf({ attributes }: TableRecord): Uint8Array {
  const [bytes] = Object.values(attributes)
  invariant(bytes instanceof Uint8Array, 'A record of a partition holds bytes.')
  return bytes
}

async function* recordsOf(tables: TenantTables, group: Omit<Query, 'limit' | 'cursor'>): AsyncGenerator<TableRecord> {
  let cursor: string | undefined
  do {
    const page = await tables.query({ ...group, limit: rowsPerWrite, ...(cursor !== undefined && { cursor }) })
    yield* page.records
    cursor = page.cursor
  } while (cursor !== undefined)
}

async function deleteAll(tables: TenantTables, group: Omit<Query, 'limit' | 'cursor'>): Promise<void> {
  for (;;) {
    const { records, cursor } = await tables.query({ ...group, limit: rowsPerWrite })
    if (records.length > 0) await tables.write({ operations: records.map(({ key }) => ({ delete: key })) })
    if (cursor === undefined) return
  }
}
