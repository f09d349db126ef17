import { WorkRate } from './work-rate.ts'

/** Multiples of it, without their whole parts, lie evenly between 0 and 1 however many there are. */
const goldenShare = (Math.sqrt(5) - 1) / 2

/** One tenant's work on the node, and what of it goes beyond its slice. */
export class TenantWork {
  readonly rate = new WorkRate()
  /** The tenant's quota, as the last request told it. */
  weight: number
  usedAtMs: number
  /** When the last of its connections that are muted may go on. */
  mutedUntilMs = -Infinity
  /** Milliseconds of mute, over all its connections, since it is known. */
  slowedMs = 0
  /**
   * When its slice has paid for all it did so far. Kept as a time, not as work: what was spread over the time to come by one
   * slice stays there when the slice changes, so that those who come back never come all at once.
   */
  #paidAtMs = -Infinity
  #turn = 0

  constructor(weight: number, nowMs: number) {
    this.weight = weight
    this.usedAtMs = nowMs
  }

  /** @returns for how many milliseconds the connection is muted that the work came by */
  charge(work: number, o: { slice: number; nowMs: number; burstMs: number; muteMsMax: number }): number {
    const { slice, nowMs, burstMs, muteMsMax } = o
    const paidAtMs = Math.max(this.#paidAtMs, nowMs - burstMs) + (work / slice) * 1_000
    const tooLate = paidAtMs > nowMs + muteMsMax
    this.#paidAtMs = tooLate ? nowMs + muteMsMax : paidAtMs
    const muteMs = Math.floor(tooLate ? this.#spread(muteMsMax) : this.#paidAtMs - nowMs)
    if (muteMs < 1) return 0
    this.mutedUntilMs = Math.max(this.mutedUntilMs, nowMs + muteMs)
    this.slowedMs += muteMs
    return muteMs
  }

  /** Those who can't be put off as far as they should are spread over the second half, lest they come back together. */
  #spread(muteMsMax: number): number {
    this.#turn = (this.#turn + goldenShare) % 1
    return muteMsMax * (0.5 + this.#turn / 2)
  }

  /** Work of it stands before the node that takes its slice so long. */
  owe(ms: number, nowMs: number): void {
    this.#paidAtMs = Math.max(this.#paidAtMs, nowMs) + ms
  }

  /** Nothing is held against it any more. */
  forgive(): void {
    this.#paidAtMs = -Infinity
  }
}
