import { type Clock, type JobId, jobIds, type Randomness, type TenantId } from '@koine/base'
import { type Faults, noFaults } from '../faults.ts'
import { backoffMs, dueAtMsOf, dueBefore, errorText, JobPlaces, lostText } from '../queue-scheduling.ts'
import {
  checkDeadLetterLimit,
  checkNewJob,
  checkQueueName,
  decodeDeadCursor,
  encodeDeadCursor,
} from '../queue-validation.ts'
import type { Claim, ClaimedJob, JobSource } from '../queue-worker.ts'
import { QueueWorkers } from '../queue-workers.ts'
import type { DeadJob, Job, JobHandler, NewJob, Queue, TenantQueue, WorkOptions } from '../queue.ts'
import { around } from './around.ts'
import { type HeldJob, JobShelf } from './job-shelf.ts'

export interface MemoryQueueOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly faults?: Faults
}

interface MemoryClaim extends ClaimedJob {
  readonly held: HeldJob
}

/** The queue port in memory: exact semantics, nothing durable, faults on demand. */
export class MemoryQueue implements Queue {
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #faults: Faults
  readonly #shelves = new Map<TenantId, Map<string, JobShelf>>()
  readonly #places = new JobPlaces()
  readonly #workers: QueueWorkers<MemoryClaim>

  constructor({ clock, randomness, faults = noFaults }: MemoryQueueOptions) {
    this.#clock = clock
    this.#randomness = randomness
    this.#faults = faults
    // Only an injected fault makes trouble here, and whoever injects it knows.
    this.#workers = new QueueWorkers({ clock, sourceOf: (queue) => this.#sourceOf(queue), onTrouble: () => {} })
  }

  forTenant(tenant: TenantId): TenantQueue {
    const on = <T>(operation: string, queue: string, effect: (shelf: JobShelf) => T): Promise<Awaited<T>> => {
      checkQueueName(queue)
      return around(this.#faults, `queue.${operation}`, () => effect(this.#shelf(tenant, queue)))
    }
    return {
      enqueue: async (queue, job) => {
        checkNewJob(job)
        return on('enqueue', queue, (shelf) => {
          const result = this.#enqueue(shelf, tenant, job)
          if (result.made) this.#workers.wake(queue, tenant)
          return result
        })
      },
      deadLetters: async (queue, { limit, cursor }) => {
        checkDeadLetterLimit(limit)
        const after = cursor === undefined ? '' : decodeDeadCursor(cursor)
        return on('deadLetters', queue, (shelf) => {
          const found = shelf.first('dead', Infinity).filter(({ place }) => place > after)
          const jobs = found.slice(0, limit).map(({ job }) => job)
          return found.length > limit ? { jobs, cursor: encodeDeadCursor(found[limit - 1]!.place) } : { jobs }
        })
      },
      retryDeadLetter: async (queue, id) =>
        on('retryDeadLetter', queue, (shelf) => {
          const held = shelf.get(id)
          if (held?.state !== 'dead') return false
          this.#wait(shelf, { ...held, job: { ...held.job, attempt: 0 } })
          this.#workers.wake(queue, tenant)
          return true
        }),
      deleteDeadLetter: async (queue, id) =>
        on('deleteDeadLetter', queue, (shelf) => {
          if (shelf.get(id)?.state !== 'dead') return false
          shelf.remove(id)
          return true
        }),
      depth: async (queue) =>
        on('depth', queue, (shelf) => ({
          waiting: shelf.count('waiting') + shelf.count('delayed'),
          running: shelf.count('running'),
          dead: shelf.count('dead'),
        })),
    }
  }

  work(queue: string, options: WorkOptions, handler: JobHandler): AsyncDisposable {
    const worker = this.#workers.start(queue, options, handler)
    for (const [tenant, shelves] of this.#shelves) if (shelves.has(queue)) worker.wake(tenant)
    return worker
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return around(this.#faults, 'queue.dropTenant', () => {
      this.#shelves.delete(tenant)
    })
  }

  /** Stops the workers; keeps the jobs, so that a simulated restart finds them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]()
  }

  #shelf(tenant: TenantId, queue: string): JobShelf {
    const shelves = this.#shelves.get(tenant) ?? new Map<string, JobShelf>()
    this.#shelves.set(tenant, shelves)
    const shelf = shelves.get(queue) ?? new JobShelf()
    shelves.set(queue, shelf)
    return shelf
  }

  #enqueue(shelf: JobShelf, tenant: TenantId, job: NewJob): { id: JobId; made: boolean } {
    const { body, delayMs = 0, priority = 0, deduplicationKey } = job
    const holder = deduplicationKey === undefined ? undefined : shelf.holderOf(deduplicationKey)
    if (holder) return { id: holder, made: false }
    const now = this.#clock.now()
    const id = jobIds.make({ clock: this.#clock, randomness: this.#randomness })
    const blank = { id, tenant, body, attempt: 0, enqueuedAtMs: now, error: '', diedAtMs: 0 }
    if (delayMs === 0) this.#wait(shelf, { job: blank, priority, deduplicationKey })
    else {
      const place = this.#places.timed(now + delayMs)
      shelf.put({ job: blank, priority, deduplicationKey, state: 'delayed', place })
    }
    return { id, made: true }
  }

  #wait(shelf: JobShelf, held: Pick<HeldJob, 'job' | 'priority' | 'deduplicationKey'>): void {
    shelf.put({ ...held, state: 'waiting', place: this.#places.waiting(held.priority, this.#clock.now()) })
  }

  #die(shelf: JobShelf, held: HeldJob, error: string): void {
    const diedAtMs = this.#clock.now()
    shelf.put({ ...held, job: { ...held.job, error, diedAtMs }, state: 'dead', place: this.#places.timed(diedAtMs) })
  }

  #sourceOf(queue: string): JobSource<MemoryClaim> {
    /** Runs the step unless the job was handed out again since it was claimed. */
    const settle = (operation: string, { job, held }: MemoryClaim, step: (shelf: JobShelf) => void): Promise<void> =>
      around(this.#faults, `queue.${operation}`, () => {
        const shelf = this.#shelf(job.tenant, queue)
        if (shelf.get(job.id)?.place !== held.place) return
        step(shelf)
        this.#workers.wake(queue, job.tenant)
      })
    return {
      claim: (tenant, count, options) =>
        around(this.#faults, 'queue.claim', () => this.#claim(this.#shelf(tenant, queue), count, options)),
      complete: (claimed) => settle('complete', claimed, (shelf) => shelf.remove(claimed.job.id)),
      fail: (claimed, error, options) =>
        settle('fail', claimed, (shelf) => {
          const { attempt } = claimed.job
          if (attempt >= options.attemptsMax) return this.#die(shelf, claimed.held, errorText(error))
          const dueAtMs = this.#clock.now() + backoffMs(options.backoff, attempt, this.#randomness)
          shelf.put({ ...claimed.held, state: 'delayed', place: this.#places.timed(dueAtMs) })
        }),
      giveBack: (claimed) =>
        settle('giveBack', claimed, (shelf) => {
          const { held, job } = claimed
          this.#wait(shelf, { ...held, job: { ...held.job, attempt: job.attempt - 1 } })
        }),
    }
  }

  #claim(shelf: JobShelf, count: number, options: WorkOptions): Claim<MemoryClaim> {
    this.#promoteDue(shelf, options)
    const dueAtMs = this.#clock.now() + options.visibilityMs
    const jobs = shelf.first('waiting', count).map((waiting): MemoryClaim => {
      const job = { ...waiting.job, attempt: waiting.job.attempt + 1 }
      const held: HeldJob = { ...waiting, job, state: 'running', place: this.#places.timed(dueAtMs) }
      shelf.put(held)
      return { job: withoutDeath(job), held }
    })
    const more = shelf.count('waiting') > 0
    const next = [...shelf.first('delayed', 1), ...shelf.first('running', 1)].map(({ place }) => dueAtMsOf(place))
    return next.length === 0 ? { jobs, more } : { jobs, more, nextDueMs: Math.min(...next) }
  }

  /** Delayed jobs whose time has come wait; so do running ones whose visibility is over, or they are dead. */
  #promoteDue(shelf: JobShelf, { attemptsMax }: WorkOptions): void {
    const due = dueBefore(this.#clock.now())
    for (const state of ['delayed', 'running'] as const) {
      for (let [first] = shelf.first(state, 1); first && first.place < due; [first] = shelf.first(state, 1)) {
        if (state === 'running' && first.job.attempt >= attemptsMax) this.#die(shelf, first, lostText)
        else this.#wait(shelf, first)
      }
    }
  }
}

const withoutDeath = ({ id, tenant, body, attempt, enqueuedAtMs }: DeadJob): Job => ({
  id,
  tenant,
  body,
  attempt,
  enqueuedAtMs,
})
