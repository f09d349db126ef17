import { type Clock, invariant, type JobId, jobIds, KoineError, type Randomness, type TenantId } from '@koine/base'
import {
  checkDeadLetterLimit,
  checkNewJob,
  checkQueueName,
  type DeadJob,
  type JobPlaces,
  type NewJob,
  type TenantQueue,
  type TenantTables,
} from '@koine/stores-ports'
import { deadJobOf, hashOfKey, JobChanges, type JobRow, recordKeys, rowOf } from './job-records.ts'

export interface TablesTenantQueueOptions {
  readonly tenant: TenantId
  readonly tables: TenantTables
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
  readonly places: JobPlaces
  readonly wake: (queue: string) => void
}

/** How often a change is tried when others come first. */
const triesMax = 10

/** One tenant's side of the queue on tables. */
export class TablesTenantQueue implements TenantQueue {
  readonly #options: TablesTenantQueueOptions

  constructor(options: TablesTenantQueueOptions) {
    this.#options = options
  }

  async enqueue(queue: string, job: NewJob): Promise<{ id: JobId; made: boolean }> {
    checkQueueName(queue)
    checkNewJob(job)
    for (let tries = 0; tries < triesMax; tries++) {
      const made = await this.#tryToEnqueue(queue, job)
      if (made) return made
    }
    throw new KoineError('conflict', 'The deduplication key of the job changes hands too fast; try again.')
  }

  async deadLetters(
    queue: string,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  ): Promise<{ jobs: readonly DeadJob[]; cursor?: string }> {
    checkQueueName(queue)
    checkDeadLetterLimit(limit)
    const { tables, tenant } = this.#options
    const keys = recordKeys(queue)
    const page = await tables.query({ table: 'queue.dead', pk: queue, limit, ...(cursor !== undefined && { cursor }) })
    const ids = page.records.map(({ attributes }) => attributes['id'] as string)
    if (ids.length === 0) return { jobs: [] }
    const rows = await tables.getMany(ids.map(keys.job))
    const bodies = await tables.getMany(ids.map(keys.body))
    const jobs = rows.flatMap((record, i) => {
      const row = record && rowOf(record)
      const body = bodies[i]?.attributes['body']
      // One that was retried or deleted since the page was read is no dead letter any more.
      return row?.state === 'dead' && typeof body === 'string' ? [deadJobOf(row, tenant, body)] : []
    })
    return page.cursor === undefined ? { jobs } : { jobs, cursor: page.cursor }
  }

  async retryDeadLetter(queue: string, id: JobId): Promise<boolean> {
    checkQueueName(queue)
    for (let tries = 0; tries < triesMax; tries++) {
      const dead = await this.#deadRow(queue, id)
      if (!dead) return false
      if (await this.#tryToRevive(queue, dead)) {
        this.#options.wake(queue)
        return true
      }
    }
    throw new KoineError('conflict', 'The dead letter changes under the retry; try again.')
  }

  async deleteDeadLetter(queue: string, id: JobId): Promise<boolean> {
    checkQueueName(queue)
    const dead = await this.#deadRow(queue, id)
    if (!dead) return false
    const changes = new JobChanges(queue)
    changes.remove(dead)
    return (await this.#options.tables.write({ operations: changes.operations })).ok
  }

  async depth(queue: string): Promise<{ waiting: number; running: number; dead: number }> {
    checkQueueName(queue)
    const record = await this.#options.tables.get(recordKeys(queue).depth)
    const count = (name: string): number => Number(record?.attributes[name] ?? 0)
    return { waiting: count('waiting'), running: count('running'), dead: count('dead') }
  }

  /** Undefined when the key was taken at the write and free at the look after it. */
  async #tryToEnqueue(queue: string, job: NewJob): Promise<{ id: JobId; made: boolean } | undefined> {
    const { tables } = this.#options
    const keys = recordKeys(queue)
    const row = this.#newRow(job)
    const changes = new JobChanges(queue)
    changes.make(row, job.body)
    if (row.keyHash !== undefined) {
      changes.also({ put: keys.key(row.keyHash), attributes: { id: row.id }, if: 'absent' })
    }
    const result = await tables.write({ operations: changes.operations })
    if (result.ok) {
      this.#options.wake(queue)
      return { id: row.id, made: true }
    }
    invariant(row.keyHash !== undefined, 'Only a key stands in the way of a new job.')
    const holder = await tables.get(keys.key(row.keyHash))
    return holder && { id: holder.attributes['id'] as JobId, made: false }
  }

  #newRow({ delayMs = 0, priority = 0, deduplicationKey }: NewJob): JobRow {
    const { clock, randomness, places } = this.#options
    const now = clock.now()
    const id = jobIds.make({ clock, randomness })
    const place = delayMs > 0 ? places.timed(now + delayMs) : places.waiting(priority, now)
    return {
      id,
      state: delayMs > 0 ? 'delayed' : 'waiting',
      place: place + id,
      attempt: 0,
      priority,
      enqueuedAtMs: now,
      ...(deduplicationKey !== undefined && { keyHash: hashOfKey(deduplicationKey) }),
    }
  }

  async #deadRow(queue: string, id: JobId): Promise<JobRow | undefined> {
    if (!jobIds.parse(id)) return undefined
    const record = await this.#options.tables.get(recordKeys(queue).job(id))
    const row = record && rowOf(record)
    return row?.state === 'dead' ? row : undefined
  }

  /** Takes the job's key again when it is free; when another took it, the job comes back without one. */
  async #tryToRevive(queue: string, dead: JobRow): Promise<boolean> {
    const { tables, places, clock } = this.#options
    const { error: _error, diedAtMs: _diedAtMs, keyHash, ...kept } = dead
    const key = keyHash === undefined ? undefined : recordKeys(queue).key(keyHash)
    const isFree = key !== undefined && (await tables.get(key)) === undefined
    const changes = new JobChanges(queue)
    changes.move(dead, {
      ...kept,
      state: 'waiting',
      attempt: 0,
      place: places.waiting(dead.priority, clock.now()) + dead.id,
      ...(isFree && { keyHash: keyHash! }),
    })
    if (isFree) changes.also({ put: key, attributes: { id: dead.id }, if: 'absent' })
    return (await tables.write({ operations: changes.operations })).ok
  }
}
