import type { Clock } from '@koine/base'
import type { Partition, TenantScope } from '@koine/stores-ports'
import { FetchProgress } from './fetch-progress.ts'
import { FetchWaiting } from './fetch-waiting.ts'
import type { HeldBytes } from './held-bytes.ts'
import type { Isolation } from './isolation.ts'
import type { Lanes } from './lanes.ts'
import type { PartitionFailure, ReadPartition } from './read-partition.ts'

export interface FetchRequest {
  readonly partitions: readonly WantedPartition[]
  /** Answer as soon as there are this many bytes … */
  readonly bytesMin: number
  /** … or this time is over, whichever comes first. */
  readonly waitMsMax: number
  /** About how much to answer in all; a first batch that is larger comes whole. */
  readonly bytesMax: number
  /** `read-uncommitted` unless told. */
  readonly isolation?: Isolation
  /** Ends the wait: the answer is what there is. */
  readonly signal: AbortSignal
}

export interface WantedPartition extends Partition {
  readonly offset: number
  readonly bytesMax: number
}

export type FetchedPartition = Partition &
  (
    | ReadPartition
    | PartitionFailure
    /** The store failed: what it threw. */
    | { readonly ok: false; readonly reason: 'failed'; readonly cause: unknown }
  )

export interface FetchContext {
  readonly clock: Clock
  readonly lanes: Lanes
  readonly held: HeldBytes
  /** Ends every wait. */
  readonly closing: AbortSignal
}

/**
 * Reads partitions, and waits for more while there is too little. A partition that can't be read ends the wait at once.
 * Listening starts before reading, so that nothing appended in between is slept over. What was read is kept while more is
 * waited for; where waiting fetches hold too much already, this one is answered with what there is.
 */
export async function fetchRecords(
  scope: TenantScope,
  request: FetchRequest,
  context: FetchContext,
): Promise<readonly FetchedPartition[]> {
  const progress = new FetchProgress(scope, request, context.lanes)
  await progress.read(request.partitions.keys())
  if (progress.isEnough || request.waitMsMax <= 0 || request.signal.aborted) return progress.results
  using waiting = new FetchWaiting(scope, request, context)
  // What was appended before the listeners stood.
  await progress.read(request.partitions.keys())
  while (!progress.isEnough && !waiting.isOver) {
    using held = context.held.hold(progress.bytes)
    if (!held) break
    await waiting.next()
    await progress.read(waiting.takeChanged())
  }
  return progress.results
}
