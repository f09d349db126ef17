import { toKoineError } from '@koine/base'
import { type CommittedOffset, type Partition, partitionKey, type TenantScope } from '@koine/stores-ports'
import type { EndTransactionOutcome, TransactionEnd } from '../records/transaction-gate.ts'
import type { PendingOffset } from './pending-offsets.ts'
import type { Transaction } from './transaction.ts'
import type { Held } from './transaction-store.ts'

/** What ends transactions in partitions. */
export interface EndMarkers {
  /** Harmless when repeated, or when the producer has nothing open in the partition. Durable when it resolves. */
  endTransaction(scope: TenantScope, at: Partition, end: TransactionEnd): Promise<EndTransactionOutcome>
}

/** There is one coordinator, and no other ever takes its place. */
const coordinatorEpoch = 0
const markersAtOnce = 64
const attemptsMax = 5

/**
 * Carries out a decision that is durable: tells every partition, and gives the groups their offsets. Partitions that are
 * gone are passed over. After a failure or a crash it is repeated as a whole, which is harmless.
 */
export async function carryOut(scope: TenantScope, held: Held, markers: EndMarkers): Promise<void> {
  const { transaction, offsets } = held
  const commit = transaction.state === 'PrepareCommit'
  const byGroup = commit ? Map.groupBy(offsets.values(), ({ group }) => group) : new Map<string, PendingOffset[]>()
  await allOf([
    markAll(scope, transaction, { markers, commit }),
    ...[...byGroup].map(([group, ofGroup]) => commitOffsets(scope, group, ofGroup)),
  ])
}

async function markAll(
  scope: TenantScope,
  { producerId, producerEpoch, partitions }: Transaction,
  { markers, commit }: { markers: EndMarkers; commit: boolean },
): Promise<void> {
  const end = { producerId, producerEpoch, commit, coordinatorEpoch }
  const all = [...partitions.values()]
  for (let from = 0; from < all.length; from += markersAtOnce) {
    const some = all.slice(from, from + markersAtOnce)
    await allOf(some.map((at) => markers.endTransaction(scope, at, end)))
  }
}

/** Waits for all, failed or not: nothing may still be under way when it is tried again, or when the next begins. */
async function allOf(works: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(works)) if (outcome.status === 'rejected') throw outcome.reason
}

/** Partitions may go at any moment, in which case the log takes none of the offsets: then once more without them. */
async function commitOffsets(scope: TenantScope, group: string, offsets: readonly PendingOffset[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const due = await stillDue(scope, group, offsets)
    try {
      if (due.length > 0) await scope.log.commitOffsets(group, due.map(asCommitted))
      return
    } catch (thrown) {
      if (attempt === attemptsMax || toKoineError(thrown).code !== 'not_found') throw thrown
    }
  }
}

const asCommitted = (offset: PendingOffset): CommittedOffset => ({
  topic: offset.topic,
  partition: offset.partition,
  offset: offset.offset,
  leaderEpoch: offset.leaderEpoch,
  metadata: offset.metadata,
  committedAtMs: offset.committedAtMs,
})

/**
 * Leaves out what the group has committed after it gave the offset to the transaction: the later of the two counts, and a
 * repeat must not take the group back.
 */
async function stillDue(
  scope: TenantScope,
  group: string,
  offsets: readonly PendingOffset[],
): Promise<readonly PendingOffset[]> {
  const committed = await committedTimes(scope, group)
  const names = [...new Set(offsets.map(({ topic }) => topic))]
  const topics = new Map(await Promise.all(names.map(async (name) => [name, await scope.log.topic(name)] as const)))
  return offsets.filter((offset) => {
    const topic = topics.get(offset.topic)
    const exists = topic?.id === offset.topicId && offset.partition < topic.partitions
    return exists && committedAt(committed, offset) <= offset.committedAtMs
  })
}

/** When the group has last committed each partition, by `partitionKey`. */
export async function committedTimes(scope: TenantScope, group: string): Promise<ReadonlyMap<string, number>> {
  const committed = await scope.log.committedOffsets(group)
  return new Map(committed.map((each) => [partitionKey(each), each.committedAtMs ?? 0]))
}

export const committedAt = (times: ReadonlyMap<string, number>, at: Partition): number =>
  times.get(partitionKey(at)) ?? 0
