import type { CloseReason } from '@koine/protocols-realtime'
import type { RealtimeLimits } from './limits.ts'

/** The times by which one connection is judged. All are monotonic milliseconds. */
export class Vitals {
  #seenAtMs: number
  /** When the connect frame is due; once it came, when the next ping is. */
  #dueAtMs: number

  constructor(nowMs: number, { connectWithinMs }: RealtimeLimits) {
    this.#seenAtMs = nowMs
    this.#dueAtMs = nowMs + connectWithinMs
  }

  /** Something came from the client. */
  seen(nowMs: number): void {
    this.#seenAtMs = nowMs
  }

  /** @param fraction of an interval until the first ping: clients that came at once are pinged spread over it */
  connected(nowMs: number, { heartbeatMs }: RealtimeLimits, fraction: number): void {
    this.#dueAtMs = Math.round(nowMs + heartbeatMs * fraction)
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs
  }

  /** At a ping that is due: why the client gets none but is closed, if it was silent for two intervals. */
  beat(nowMs: number, { heartbeatMs }: RealtimeLimits): CloseReason | undefined {
    if (nowMs - this.#seenAtMs >= 2 * heartbeatMs) return 'heartbeatMissed'
    this.#dueAtMs = nowMs + heartbeatMs
    return undefined
  }
}
