import { createHash } from 'node:crypto'
import type { JobId, TenantId } from '@koine/base'
import type { Condition, DeadJob, Job, Operation, RecordKey, TableRecord } from '@koine/stores-ports'

/**
 * A queue in a tenant's tables, all under `pk` = the queue's name:
 *
 *     queue.jobs     <job id>          state, place, attempt, priority, times, key; while dead the error
 *     queue.bodies   <job id>          the body, apart, because the job's record is written at each change of state
 *     queue.waiting  <place>           id      ready, by priority and arrival
 *     queue.timed    <place>           id      delayed, or running until its visibility ends
 *     queue.dead     <place>           id      by time of death
 *     queue.keys     <hash of the key> id      of a job that waits or runs
 *     queue.depth    <queue>           waiting, running, dead (under `pk` = `all`, so that a tenant's queues can be listed)
 *
 * Every change of a job is one atomic batch, on the condition that its state and place are still the ones that were
 * read. A place holds the job's id and a time, so it tells one handing-out of the job from the next.
 */
const indexOf = {
  waiting: 'queue.waiting',
  delayed: 'queue.timed',
  running: 'queue.timed',
  dead: 'queue.dead',
} as const
const countOf = { waiting: 'waiting', delayed: 'waiting', running: 'running', dead: 'dead' } as const

export type JobState = keyof typeof indexOf

export interface JobRow {
  readonly id: JobId
  readonly state: JobState
  readonly place: string
  readonly attempt: number
  readonly priority: number
  readonly enqueuedAtMs: number
  readonly keyHash?: string
  readonly error?: string
  readonly diedAtMs?: number
}

/** Where the names of a tenant's queues are. */
export const allQueues = { table: 'queue.depth', pk: 'all' } as const
/** The tables that hold records under a queue's name. */
export const queueTables = ['jobs', 'bodies', 'waiting', 'timed', 'dead', 'keys'].map((name) => `queue.${name}`)

export const recordKeys = (queue: string) => ({
  job: (id: string): RecordKey => ({ table: 'queue.jobs', pk: queue, sk: id }),
  body: (id: string): RecordKey => ({ table: 'queue.bodies', pk: queue, sk: id }),
  place: (state: JobState, place: string): RecordKey => ({ table: indexOf[state], pk: queue, sk: place }),
  key: (hash: string): RecordKey => ({ table: 'queue.keys', pk: queue, sk: hash }),
  depth: { ...allQueues, sk: queue } as RecordKey,
})

/** Keys are of any length and any characters; a sort key isn't. */
export const hashOfKey = (deduplicationKey: string): string =>
  createHash('sha256').update(deduplicationKey).digest('base64url')

export function rowOf({ key, attributes }: TableRecord): JobRow {
  return { ...(attributes as unknown as Omit<JobRow, 'id'>), id: key.sk as JobId }
}

export function jobOf({ id, attempt, enqueuedAtMs }: JobRow, tenant: TenantId, body: string): Job {
  return { id, tenant, body, attempt, enqueuedAtMs }
}

export function deadJobOf(row: JobRow, tenant: TenantId, body: string): DeadJob {
  return { ...jobOf(row, tenant, body), error: row.error ?? '', diedAtMs: row.diedAtMs ?? 0 }
}

const stillThere = ({ state, place, attempt }: JobRow): Condition => ({ equals: { state, place, attempt } })

type Counts = { waiting: number; running: number; dead: number }

/** Collects the changes of some jobs into the operations of one batch. */
export class JobChanges {
  readonly #queue: string
  readonly #operations: Operation[] = []
  readonly #counts: Counts = { waiting: 0, running: 0, dead: 0 }

  constructor(queue: string) {
    this.#queue = queue
  }

  make(row: JobRow, body: string): void {
    const keys = recordKeys(this.#queue)
    const { id, ...attributes } = row
    this.#operations.push({ put: keys.job(id), attributes })
    this.#operations.push({ put: keys.body(id), attributes: { body } })
    this.#operations.push({ put: keys.place(row.state, row.place), attributes: { id } })
    this.#counts[countOf[row.state]]++
  }

  move(from: JobRow, to: JobRow): void {
    const keys = recordKeys(this.#queue)
    const { id, ...attributes } = to
    this.#operations.push({ put: keys.job(id), attributes, if: stillThere(from) })
    this.#operations.push({ delete: keys.place(from.state, from.place) })
    this.#operations.push({ put: keys.place(to.state, to.place), attributes: { id } })
    this.#counts[countOf[from.state]]--
    this.#counts[countOf[to.state]]++
  }

  remove(row: JobRow): void {
    const keys = recordKeys(this.#queue)
    this.#operations.push({ delete: keys.job(row.id), if: stillThere(row) })
    this.#operations.push({ delete: keys.body(row.id) })
    this.#operations.push({ delete: keys.place(row.state, row.place) })
    this.#counts[countOf[row.state]]--
  }

  also(operation: Operation): void {
    this.#operations.push(operation)
  }

  get operations(): readonly Operation[] {
    const add = Object.fromEntries(Object.entries(this.#counts).filter(([, count]) => count !== 0))
    const { depth } = recordKeys(this.#queue)
    return Object.keys(add).length === 0 ? this.#operations : [...this.#operations, { update: depth, add }]
  }
}
