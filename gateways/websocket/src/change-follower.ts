import type { Change, ChangeCursor } from '@koine/services-messaging'

export interface ChangeFollowerOptions {
  /** Writes a page of what lies beyond a cursor to the client and says how far it went. */
  readonly give: (from: ChangeCursor) => Promise<{ readonly cursor: ChangeCursor; readonly hasMore: boolean }>
  /** The client has everything up to there; called as often as it moves. */
  readonly onCursor: (cursor: ChangeCursor) => void
  /** What the client misses could not be read. */
  readonly onFailure: (thrown: unknown) => void
}

/** What was pushed live of a conversation: from one sequence number to another, without a gap; 0 is the conversation itself. */
interface Run {
  readonly from: number
  to: number
}

const runsMax = 1_000

/**
 * Sees to it that one connection gets everything that its user's change log names. Most of it was pushed live by then, and
 * nothing has to be read; what wasn't, whatever the reason, is given now. So a live event that is lost costs a moment.
 */
export class ChangeFollower {
  readonly #o: ChangeFollowerOptions
  readonly #runs = new Map<string, Run>()
  #cursor: ChangeCursor
  #isGiving = false
  #isStopped = false
  #hasHeardMore = false

  /** @param cursor how far the client has everything */
  constructor(cursor: ChangeCursor, options: ChangeFollowerOptions) {
    this.#cursor = cursor
    this.#o = options
  }

  /** A message was written to the client; 0 for the conversation itself. */
  pushed(conversationId: string, seq: number): void {
    const run = this.#runs.get(conversationId)
    if (run && seq === run.to + 1) run.to = seq
    else if (!run && this.#runs.size < runsMax) this.#runs.set(conversationId, { from: seq, to: seq })
  }

  /** The log holds these now. */
  heard(changes: readonly Change[]): void {
    for (const change of changes) {
      if (this.#isGiving || !this.#wasPushed(change)) this.heardOf(change.position)
    }
  }

  /** The log holds something at a position; whether the client was pushed it is not known. */
  heardOf(position: number): void {
    if (this.#isStopped || position <= this.#cursor.position) return
    if (this.#isGiving) this.#hasHeardMore = true
    else void this.#giveMissing()
  }

  /** Nothing more is given than what is being written, and no cursor told: somebody else sees to the client, or it is gone. */
  stop(): void {
    this.#isStopped = true
  }

  /** Whether this is the next change and the client has all of it; then it is behind us. */
  #wasPushed({ position, conversationId, from, to, isNew }: Change): boolean {
    const run = this.#runs.get(conversationId)
    if (position !== this.#cursor.position + 1 || !run || run.to < to) return false
    if (run.from > (isNew ? 0 : from)) return false
    if (run.to === to) this.#runs.delete(conversationId)
    else this.#runs.set(conversationId, { from: to + 1, to: run.to })
    this.#moveTo({ position, seq: 0 })
    return true
  }

  async #giveMissing(): Promise<void> {
    this.#isGiving = true
    try {
      let hasMore = true
      while (hasMore && !this.#isStopped) {
        this.#hasHeardMore = false
        const given = await this.#o.give(this.#cursor)
        this.#moveTo(given.cursor)
        hasMore = given.hasMore || this.#hasHeardMore
      }
    } catch (thrown) {
      this.#o.onFailure(thrown)
    }
    // What was pushed meanwhile is counted anew: it may have been given as well.
    this.#runs.clear()
    this.#isGiving = false
  }

  #moveTo(cursor: ChangeCursor): void {
    this.#cursor = cursor
    if (!this.#isStopped) this.#o.onCursor(cursor)
  }
}
