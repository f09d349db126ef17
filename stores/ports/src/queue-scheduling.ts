import type { Randomness } from '@koine/base'
import type { WorkOptions } from './queue.ts'

/** The wait before attempt n + 1, given that attempt n failed: see `WorkOptions.backoff`. */
export function backoffMs(backoff: WorkOptions['backoff'], attempt: number, randomness: Randomness): number {
  const fullMs = Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** (attempt - 1))
  return Math.ceil(fullMs * (1 - randomness.fraction() / 2))
}

export interface Turn<T> {
  readonly member: T
  /** How many jobs the member may start now. */
  readonly jobs: number
}

interface Seat {
  credit: number
  /** It asked to wait again while its turn was being taken. */
  again: boolean
}

/**
 * Weighted turns: members wait in a ring, and the first may start as many jobs as its weight before it goes to the end.
 * So between a member's arrival and its next job each other one starts at most its weight. Who waits alone may start as
 * many as there is room for.
 */
export class FairTurns<T> {
  readonly #weightOf: (member: T) => number
  /** In order; a map keeps it, and the first is the next. */
  #ring = new Map<T, Seat>()
  readonly #taken = new Map<T, Seat>()

  constructor(weightOf: (member: T) => number = () => 1) {
    this.#weightOf = weightOf
  }

  /** Waits at the end, unless it waits already. */
  join(member: T): void {
    const taken = this.#taken.get(member)
    if (taken) taken.again = true
    else if (!this.#ring.has(member)) this.#ring.set(member, this.#freshSeat(member))
  }

  /** The next turn, for at most `room` jobs; the member doesn't wait until `settle` is called. */
  take(room: number): Turn<T> | undefined {
    const next = this.#ring.entries().next().value
    if (!next || room < 1) return undefined
    const [member, seat] = next
    this.#ring.delete(member)
    this.#taken.set(member, seat)
    const jobs = this.#ring.size === 0 ? room : Math.min(room, seat.credit)
    seat.credit -= jobs
    return { member, jobs }
  }

  /** Ends a turn: with more to do the member goes on while it has credit, and to the end after that. */
  settle(member: T, hasMore: boolean): void {
    const seat = this.#taken.get(member)
    this.#taken.delete(member)
    if (!seat || !(hasMore || seat.again)) return
    if (hasMore && seat.credit > 0) this.#ring = new Map([[member, { ...seat, again: false }], ...this.#ring])
    else this.#ring.set(member, this.#freshSeat(member))
  }

  #freshSeat(member: T): Seat {
    return { credit: Math.max(1, Math.floor(this.#weightOf(member))), again: false }
  }
}

/**
 * Places give the order of jobs as text that sorts bytewise: of those that wait by priority and then by arrival, of those
 * that have a time (delayed, or running until their visibility ends) by that time. A serial number keeps apart what
 * happens in one millisecond.
 */
export class JobPlaces {
  #serial = 0

  waiting(priority: number, sinceMs: number): string {
    return `${9 - priority}${this.timed(sinceMs)}`
  }

  timed(dueAtMs: number): string {
    this.#serial = (this.#serial + 1) % 1e8
    return `${timeText(dueAtMs)}${String(this.#serial).padStart(8, '0')}`
  }
}

const timeText = (atMs: number): string => String(Math.max(0, Math.ceil(atMs))).padStart(15, '0')

/** Timed places that sort before this one are due. */
export const dueBefore = (nowMs: number): string => timeText(nowMs + 1)

/** When a timed place is due. */
export const dueAtMsOf = (place: string): number => Number(place.slice(0, 15))

/** What is kept of a failure. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.slice(0, 2000).toWellFormed().replaceAll('\0', ' ')
}

/** The error of a job that died because it was never settled. */
export const lostText = 'Its visibility time ended on the last attempt.'
