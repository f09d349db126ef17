import { KoineError } from '@koine/base/errors'
import { realtimeLimits } from '@koine/protocols-realtime'
import type { Backoff } from './backoff.ts'
import { type Calls, ConnectionLost } from './calls.ts'
import type { Cursor } from './cursor.ts'
import type { Deliveries } from './deliveries.ts'

export interface CatchUpOptions {
  readonly calls: Calls
  readonly deliveries: Deliveries
  readonly cursor: Cursor
  readonly backoff: Backoff
  readonly sleep: (delayMs: number) => Promise<void>
  /** How long what overtook another message may wait for it before it is fetched. */
  readonly gapPatienceMs: number
}

/** The positions that fit into a frame: of the conversations that were met last, where there are too many. */
export const heldPositions = (deliveries: Deliveries): Record<string, number> => {
  const positions = Object.entries(deliveries.positions())
  return Object.fromEntries(positions.slice(-realtimeLimits.heldConversations))
}

const fits = (deliveries: Deliveries): boolean => deliveries.conversations <= realtimeLimits.heldConversations

/** Asks for what is missing, page by page, until nothing is. One at a time. */
export class CatchUp {
  readonly #options: CatchUpOptions
  #running = false
  #gapTimer = false

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /** Goes on after a page. @returns whether everything is there; false when the connection was lost meanwhile */
  async finish(hasMore: boolean): Promise<boolean> {
    this.#running = true
    try {
      let more = hasMore
      let byPositions = false
      while (more || this.#options.deliveries.hasGap) {
        more = await this.#page(byPositions)
        // The user's log lags a little behind: what it doesn't name yet, positions find, or a moment where they don't fit.
        if (!more && fits(this.#options.deliveries)) byPositions = true
        else if (!more && this.#options.deliveries.hasGap) await this.#options.sleep(this.#options.backoff.nextMs())
      }
      return true
    } catch (thrown) {
      if (thrown instanceof ConnectionLost) return false
      throw thrown
    } finally {
      this.#running = false
    }
  }

  /** Something was overtaken. It is mostly about to arrive: what is still missing after a moment is fetched. */
  async repair(): Promise<void> {
    if (this.#gapTimer || this.#running) return
    this.#gapTimer = true
    await this.#options.sleep(this.#options.gapPatienceMs)
    this.#gapTimer = false
    if (this.#options.deliveries.hasGap && !this.#running) await this.finish(false)
  }

  /** Looks for what was lost without leaving a gap, such as the last message of a conversation. */
  async look(): Promise<void> {
    if (!this.#running) await this.finish(true)
  }

  async #page(byPositions: boolean): Promise<boolean> {
    const { calls, deliveries, cursor, backoff, sleep } = this.#options
    try {
      const positions = (): Record<string, number> => heldPositions(deliveries)
      const page = await calls.make('catchUp', byPositions ? { held: positions() } : cursor.held(positions))
      backoff.reset()
      return cursor.take(page) || page.hasMore
    } catch (thrown) {
      if (!(thrown instanceof KoineError) || !thrown.retryable) throw thrown
      await sleep(Math.max(thrown.retryAfterMs ?? 0, backoff.nextMs()))
      return true
    }
  }
}
