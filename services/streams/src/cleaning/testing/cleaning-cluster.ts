import { silentLogger } from '@koine/base'
import {
  decodeRecordBatch,
  encodeRecordBatch,
  type NewRecordBatch,
  readControlBatch,
  readRecordBatchHeader,
} from '@koine/protocols-kafka/record-batch'
import type { Partition, Topic } from '@koine/stores-ports'
import { defaultStreamsLimits, type StreamsLimits } from '../../limits.ts'
import { type RecordCluster, recordCluster } from '../../records/testing/record-cluster.ts'
import { TopicCatalog } from '../../topics/topic-catalog.ts'
import { type CleanContext, cleanTenant } from '../clean-tenant.ts'

export const at: Partition = { topic: 'state', partition: 0 }

export interface CleaningCluster extends RecordCluster {
  readonly counts: { deleted: number; compacted: number; failed: number }
  /** One turn of the tenant's. */
  clean(): Promise<void>
  /** The same stores under a fresh process, which doesn't know what was idle. */
  cleanAnew(): Promise<void>
  append(records: readonly KeyedRecord[], fields?: Partial<NewRecordBatch>): Promise<number>
  /** What a reader from the start gets of committed records. */
  read(): Promise<ReadRecord[]>
  /** What stands in the log: for each batch `data`, `empty` or `marker`, with its base offset. */
  layout(): Promise<string[]>
}

export type KeyedRecord = readonly [key: string | null, value: string | null]
export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** A compacted topic `state` of one partition, cleaned when told. */
export async function cleaningCluster(
  settings: Topic['settings'] = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' },
  options: Parameters<typeof recordCluster>[0] & { limits?: Partial<StreamsLimits> } = {},
): Promise<CleaningCluster> {
  const cluster = recordCluster(options)
  await cluster.createTopic(at.topic, settings)
  const limits = { ...defaultStreamsLimits, ...options.limits }
  const { clock, scope } = cluster
  const catalog = new TopicCatalog({ clock, limits, beforeRecordsGo: () => Promise.resolve() })
  const counts = { deleted: 0, compacted: 0, failed: 0 }
  const idle = new Map<string, string>()
  const clean = async (known: Map<string, string>): Promise<void> => {
    const context: CleanContext = {
      ...{ clock, limits, catalog, logger: silentLogger, records: made.records },
      signal: new AbortController().signal,
      cleaned: (what) => void counts[what]++,
      failed: () => void counts.failed++,
    }
    await cleanTenant(scope, known, context)
  }
  const made: CleaningCluster = Object.assign(cluster, {
    counts,
    clean: () => clean(idle),
    cleanAnew: () => clean(new Map()),
    async append(records: readonly KeyedRecord[], fields: Partial<NewRecordBatch> = {}) {
      const outcome = await made.records.produce(scope, at, batchOf(records, clock.now(), fields))
      if (!outcome.ok) throw new Error(outcome.message)
      return outcome.baseOffset
    },
    read: () => read(made),
    layout: () => layout(made),
  })
  return made
}

const bytesOf = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text))
const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())

const batchOf = (records: readonly KeyedRecord[], timestampMs: number, fields: Partial<NewRecordBatch>): Uint8Array =>
  encodeRecordBatch({
    records: records.map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value), timestampMs })),
    ...fields,
  })

/** A consumer's walk through the log, page by page, with what the answers say about aborted transactions. */
async function read({ records, scope }: RecordCluster): Promise<ReadRecord[]> {
  const seen: ReadRecord[] = []
  let offset = (await scope.log.bounds(at))!.startOffset
  for (;;) {
    const wanted = { partitions: [{ ...at, offset, bytesMax: 300 }], bytesMin: 0, bytesMax: 300, waitMsMax: 0 }
    const signal = new AbortController().signal
    const [page] = await records.fetch(scope, { ...wanted, isolation: 'read-committed', signal })
    if (!page?.ok) throw new Error('The partition could not be read.')
    if (page.batches.length === 0) return seen
    const pending = new Set(page.abortedTransactions)
    const aborting = new Set<number>()
    for (const batch of page.batches) {
      const header = readRecordBatchHeader(batch)
      const end = header.baseOffset + header.lastOffsetDelta + 1
      for (const transaction of pending) {
        if (transaction.firstOffset >= end) continue
        aborting.add(transaction.producerId)
        pending.delete(transaction)
      }
      if (header.isControl) {
        if (readControlBatch(batch)?.type === 'abort') aborting.delete(header.producerId)
      } else if (!header.isTransactional || !aborting.has(header.producerId)) {
        for (const record of decodeRecordBatch(batch).records) {
          if (record.offset >= offset)
            seen.push({ offset: record.offset, key: textOf(record.key), value: textOf(record.value) })
        }
      }
      offset = Math.max(offset, end)
    }
  }
}

async function layout({ scope }: RecordCluster): Promise<string[]> {
  const bounds = (await scope.log.bounds(at))!
  const page = await scope.log.read(at, { offset: bounds.startOffset, bytesMax: 10_000_000 })
  if (!page.ok) throw new Error(page.reason)
  return page.batches.map((batch) => {
    const { baseOffset, isControl, recordCount } = readRecordBatchHeader(batch)
    return `${isControl ? 'marker' : recordCount === 0 ? 'empty' : 'data'} ${baseOffset}`
  })
}
