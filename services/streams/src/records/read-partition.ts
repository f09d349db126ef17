import { baseOffset, lastOffsetDelta } from '@koine/protocols-kafka/record-batch'
import type { Partition, PartitionBounds, ReadOptions, TenantScope } from '@koine/stores-ports'
import { isPlatformTopic } from '../topics/topic-names.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import type { Isolation } from './isolation.ts'
import type { Lanes } from './lanes.ts'
import type { KnownPartition } from './partition-knowledge.ts'
import type { PartitionLane } from './partition-lane.ts'
import { findAborted } from './state-store.ts'

export interface ReadPartition extends PartitionBounds {
  readonly ok: true
  /** Whole batches; the first may start before the offset asked for. */
  readonly batches: readonly Uint8Array[]
  /** Where the records end whose transactions have ended. */
  readonly lastStableOffset: number
  /** Of the transactions that overlap what was read; none for who reads uncommitted records. */
  readonly abortedTransactions: readonly AbortedTransaction[]
}

export type PartitionFailure =
  | { readonly ok: false; readonly reason: 'no-such-partition' }
  | ({ readonly ok: false; readonly reason: 'offset-out-of-range' } & PartitionBounds)

const noSuchPartition: PartitionFailure = { ok: false, reason: 'no-such-partition' }

export interface ReadRequest extends ReadOptions {
  readonly isolation: Isolation
  /** No records: how far the partition reaches, and whether the offset is in it. */
  readonly boundsOnly: boolean
}

/** Reads one partition; committed records only, where that is asked. */
export function readPartition(
  scope: TenantScope,
  at: Partition,
  { lanes, ...asked }: ReadRequest & { readonly lanes: Lanes },
): Promise<ReadPartition | PartitionFailure> {
  // What no offset can be is out of range like any other, and the log isn't asked for it.
  const request = { ...asked, boundsOnly: asked.boundsOnly || !Number.isSafeInteger(asked.offset) }
  // The platform writes its own topics without transactions.
  return request.isolation === 'read-committed' && !isPlatformTopic(at.topic)
    ? lanes.use(scope, at, (lane) => readCommitted(scope, at, { lane, ...request }))
    : readAll(scope, at, { lanes, ...request })
}

async function readAll(
  scope: TenantScope,
  at: Partition,
  { lanes, offset, bytesMax, boundsOnly }: Omit<ReadRequest, 'isolation'> & { readonly lanes: Lanes },
): Promise<ReadPartition | PartitionFailure> {
  const read = boundsOnly ? await boundsAt(scope, at, offset) : await scope.log.read(at, { offset, bytesMax })
  if (!read.ok) return read
  // A partition that nobody has written since the start isn't read through only to tell what this reader doesn't ask for.
  const stable = lanes.heldState(scope, at)?.lastStableOffset ?? read.endOffset
  return { ...read, lastStableOffset: within(read, stable), abortedTransactions: [] }
}

/**
 * What a read returns is judged by what is known after it: whatever stands before the last stable offset then was
 * committed or aborted, and which of both is known too.
 */
async function readCommitted(
  scope: TenantScope,
  at: Partition,
  { lane, offset, bytesMax, boundsOnly }: Omit<ReadRequest, 'isolation'> & { readonly lane: PartitionLane },
): Promise<ReadPartition | PartitionFailure> {
  for (;;) {
    const known = await lane.known()
    if (!known) return noSuchPartition
    const { state } = known
    const mayRead = !boundsOnly && offset < state.lastStableOffset
    const read = mayRead ? await scope.log.read(at, { offset, bytesMax }) : await boundsAt(scope, at, offset)
    if (!read.ok && read.reason === 'no-such-partition') return noSuchPartition
    // The topic was deleted and made again on the way: what was read may be of either.
    if ((await lane.known()) !== known) continue
    if (!read.ok) return read
    if (read.endOffset > state.appliedTo) await lane.lookAgain(read)
    const stable = within(read, state.lastStableOffset)
    const batches = before(read.batches, stable)
    const last = batches.at(-1)
    const aborted = last ? await abortedIn(scope, known, { from: offset, before: endOf(last) }) : []
    return { ...read, batches, lastStableOffset: stable, abortedTransactions: aborted }
  }
}

async function boundsAt(
  scope: TenantScope,
  at: Partition,
  offset: number,
): Promise<({ ok: true; batches: readonly Uint8Array[] } & PartitionBounds) | PartitionFailure> {
  const bounds = await scope.log.bounds(at)
  if (!bounds) return noSuchPartition
  if (offset < bounds.startOffset || offset > bounds.endOffset) {
    return { ok: false, reason: 'offset-out-of-range', ...bounds }
  }
  return { ok: true, batches: [], ...bounds }
}

async function abortedIn(
  scope: TenantScope,
  { id, state: { aborted } }: KnownPartition,
  range: { readonly from: number; readonly before: number },
): Promise<readonly AbortedTransaction[]> {
  // At once: older ones may go from memory to tables while those are asked.
  const recent = aborted.overlapping(range)
  const endedBefore = aborted.from
  if (range.from >= endedBefore) return recent
  return [...(await findAborted(scope.tables, id, { range, endedBefore })), ...recent]
}

const endOf = (batch: Uint8Array): number => baseOffset(batch) + lastOffsetDelta(batch) + 1

/** The batches that end before the offset. A transaction begins and ends with a batch. */
function before(batches: readonly Uint8Array[], offset: number): readonly Uint8Array[] {
  const first = batches.findIndex((batch) => endOf(batch) > offset)
  return first < 0 ? batches : batches.slice(0, first)
}

/** What is known and what was read may be of different moments. */
const within = ({ startOffset, endOffset }: PartitionBounds, offset: number): number =>
  Math.max(startOffset, Math.min(offset, endOffset))
