/**
 * What clients of a log did and saw, as they know it themselves, in the order in which each of them did it. Every value is
 * sent at most once by intent, so that a value names its sending.
 */
export type Entry = Work | Poll | Reassigned

/**
 * - `ok`: acknowledged (committed).
 * - `failed`: refused, or aborted: it must have no effect.
 * - `unknown`: the answer was lost; it may have had its effect, or yet have it.
 */
export type Outcome = 'ok' | 'failed' | 'unknown'

/** A transaction, or a single send outside of one. */
export interface Work {
  readonly kind: 'work'
  readonly process: string
  readonly outcome: Outcome
  /** In the order of sending. The offset, where the log has told one. */
  readonly sends: readonly Sent[]
  /** What the process read for it: what it sends depends on that. */
  readonly reads: readonly Seen[]
}

export interface Sent {
  readonly partition: string
  readonly value: string
  readonly offset?: number | undefined
}

/** One answer with records, to a consumer that reads only what is committed. */
export interface Poll {
  readonly kind: 'poll'
  readonly process: string
  readonly records: readonly Seen[]
}

export interface Seen {
  readonly partition: string
  readonly offset: number
  readonly value: string
}

/** From here on the process may read other partitions, or the same from an earlier offset. */
export interface Reassigned {
  readonly kind: 'reassigned'
  readonly process: string
}

export interface LogHistory {
  readonly entries: readonly Entry[]
  /** All that a reader of committed records finds from the start to the end, once nothing happens any more. */
  readonly final: readonly Seen[]
}

export const works = function* ({ entries }: LogHistory): Iterable<Work> {
  for (const entry of entries) if (entry.kind === 'work') yield entry
}

/** Everything that anybody has read. */
export const allSeen = function* ({ entries, final }: LogHistory): Iterable<Seen> {
  for (const entry of entries) {
    if (entry.kind === 'poll') yield* entry.records
    if (entry.kind === 'work') yield* entry.reads
  }
  yield* final
}

export const nameOf = ({ partition, offset, value }: Seen): string => `${value} at ${partition}@${offset}`
