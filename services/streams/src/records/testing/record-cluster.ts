import { seededRandomness, silentLogger, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import {
  baseOffset,
  decodeRecordBatch,
  encodeRecordBatch,
  lastOffsetDelta,
  type NewRecordBatch,
  readEndMarker,
  readRecordBatchHeader,
} from '@koine/protocols-kafka/record-batch'
import { type Faults, type Partition, scopeTo, type TenantScope, type Topic } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { defaultStreamsLimits, type StreamsLimits } from '../../limits.ts'
import type { FetchedPartition } from '../fetch.ts'
import type { Isolation } from '../isolation.ts'
import { Records } from '../records.ts'
import type { SavePolicy } from '../state-saver.ts'
import type { TransactionGate } from '../transaction-gate.ts'

export interface RecordCluster {
  readonly clock: ManualClock
  readonly scope: TenantScope
  records: Records
  /** The same stores under a fresh process; the one before died. */
  restart(): void
  createTopic(name: string, settings?: Topic['settings']): Promise<Topic>
}

/** A gate that lets every transactional batch in. */
export const openGate: TransactionGate = { problem: () => Promise.resolve(undefined) }

/** Records over memory stores, on a clock that stands still. */
export function recordCluster({
  faults,
  limits,
  saving,
  gate = openGate,
}: {
  faults?: Faults
  limits?: Partial<StreamsLimits>
  saving?: Partial<SavePolicy>
  gate?: TransactionGate
} = {}): RecordCluster {
  const clock = new ManualClock()
  const randomness = seededRandomness(1)
  const stores = memoryStores({ clock, randomness, ...(faults && { faults }) })
  const scope = scopeTo(stores, tenantIds.make({ clock, randomness }))
  const start = (): Records =>
    new Records({
      clock,
      logger: silentLogger,
      limits: { ...defaultStreamsLimits, ...limits },
      gate,
      ...(saving && { saving }),
    })
  return {
    clock,
    scope,
    records: start(),
    restart() {
      this.records.stopWaiting()
      this.records = start()
    },
    async createTopic(name, settings = {}) {
      const made = await scope.log.createTopic({ name, partitions: 1, settings })
      if (!made.ok) throw new Error(made.reason)
      return made.topic
    },
  }
}

/** A batch of one producer, perhaps in its transaction. */
export function sent(
  values: readonly string[],
  { timestampMs = 1_000, ...fields }: Partial<NewRecordBatch> & { timestampMs?: number } = {},
): Uint8Array {
  const records = values.map((value, i) => ({ key: null, value: Buffer.from(value), timestampMs: timestampMs + i }))
  return encodeRecordBatch({ records, ...fields })
}

/** Everything from an offset that a client of that isolation hands to its user, by what the partition's answer says. */
export function delivered(answer: FetchedPartition | undefined, from: number, isolation: Isolation): string[] {
  if (!answer?.ok) throw new Error(`The partition answered ${answer?.reason}.`)
  const abortedFrom = answer.abortedTransactions.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
  const aborting = new Set<number>()
  const values: string[] = []
  for (const batch of answer.batches) {
    const { producerId, isControl, isTransactional } = readRecordBatchHeader(batch)
    for (const [at, aborted] of [...abortedFrom.entries()].toReversed()) {
      if (aborted.firstOffset > baseOffset(batch) + lastOffsetDelta(batch)) continue
      aborting.add(aborted.producerId)
      abortedFrom.splice(at, 1)
    }
    if (isControl) {
      if (readEndMarker(batch)?.commit === false) aborting.delete(producerId)
      continue
    }
    const isAborted = isTransactional && aborting.has(producerId)
    if (isolation === 'read-committed' && isAborted) continue
    for (const { offset, value } of decodeRecordBatch(batch).records) if (offset >= from) values.push(String(value))
  }
  return values
}

/** Reads a partition from an offset without waiting. */
export async function readNow(
  { records, scope }: Pick<RecordCluster, 'records' | 'scope'>,
  at: Partition,
  {
    offset = 0,
    isolation = 'read-committed',
    bytesMax = 1_000_000,
  }: { offset?: number; isolation?: Isolation; bytesMax?: number } = {},
): Promise<FetchedPartition> {
  const [answer] = await records.fetch(scope, {
    partitions: [{ ...at, offset, bytesMax }],
    bytesMin: 1,
    waitMsMax: 0,
    bytesMax,
    isolation,
    signal: new AbortController().signal,
  })
  if (!answer) throw new Error('A fetch answers each partition.')
  return answer
}
