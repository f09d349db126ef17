import type { Clock, Randomness, TenantId } from '@koine/base'
import {
  backoffMs,
  type Claim,
  type ClaimedJob,
  dueAtMsOf,
  dueBefore,
  errorText,
  type JobPlaces,
  type JobSource,
  lostText,
  type TenantTables,
  type WorkOptions,
} from '@koine/stores-ports'
import { JobChanges, jobOf, type JobRow, recordKeys, rowOf } from './job-records.ts'

export interface TablesClaim extends ClaimedJob {
  readonly row: JobRow
}

export interface TablesJobSourceOptions {
  readonly queue: string
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
  readonly places: JobPlaces
  readonly tablesOf: (tenant: TenantId) => TenantTables
  /** The tenant has something to do, now or at a later time. */
  readonly wake: (tenant: TenantId) => void
}

/** Three operations a job and one for the counts stay within a batch. */
const jobsPerBatch = 25
/** Batches of one claim: over them the rest is left to the next claim. */
const batchesPerClaim = 40

/** Claims and settles the jobs of one queue, kept in tables. */
export class TablesJobSource implements JobSource<TablesClaim> {
  readonly #options: TablesJobSourceOptions

  constructor(options: TablesJobSourceOptions) {
    this.#options = options
  }

  async claim(tenant: TenantId, count: number, options: WorkOptions): Promise<Claim<TablesClaim>> {
    const tables = this.#options.tablesOf(tenant)
    await this.#promoteDue(tables, options)
    const { claims, more } = await this.#claimWaiting(tables, count, options)
    const jobs = await this.#withBodies(tables, tenant, claims)
    const next = await tables.query({ table: 'queue.timed', pk: this.#options.queue, limit: 1 })
    const first = next.records[0]
    return first ? { jobs, more, nextDueMs: dueAtMsOf(first.key.sk) } : { jobs, more }
  }

  async complete({ job, row }: TablesClaim): Promise<void> {
    const changes = new JobChanges(this.#options.queue)
    changes.remove(row)
    this.#freeKey(changes, row)
    await this.#settle(job.tenant, changes)
  }

  async fail({ job, row }: TablesClaim, error: unknown, options: WorkOptions): Promise<void> {
    const changes = new JobChanges(this.#options.queue)
    if (row.attempt >= options.attemptsMax) this.#die(changes, row, errorText(error))
    else {
      const dueAtMs = this.#options.clock.now() + backoffMs(options.backoff, row.attempt, this.#options.randomness)
      changes.move(row, { ...row, state: 'delayed', place: this.#options.places.timed(dueAtMs) + row.id })
    }
    await this.#settle(job.tenant, changes)
  }

  async giveBack({ job, row }: TablesClaim): Promise<void> {
    const changes = new JobChanges(this.#options.queue)
    this.#wait(changes, row, row.attempt - 1)
    await this.#settle(job.tenant, changes)
  }

  /** When the write fails on its condition, the job was handed out again and is no longer this claim's to settle. */
  async #settle(tenant: TenantId, changes: JobChanges): Promise<void> {
    await this.#options.tablesOf(tenant).write({ operations: changes.operations })
    this.#options.wake(tenant)
  }

  async #claimWaiting(
    tables: TenantTables,
    count: number,
    options: WorkOptions,
  ): Promise<{ claims: readonly JobRow[]; more: boolean }> {
    for (let batch = 0; batch < batchesPerClaim; batch++) {
      const { records, cursor } = await tables.query({
        table: 'queue.waiting',
        pk: this.#options.queue,
        limit: Math.min(count, jobsPerBatch),
      })
      if (records.length === 0) return { claims: [], more: false }
      const rows = await this.#rowsAt(tables, records)
      const dueAtMs = this.#options.clock.now() + options.visibilityMs
      const changes = new JobChanges(this.#options.queue)
      const claims = rows.map((row): JobRow => {
        const place = this.#options.places.timed(dueAtMs) + row.id
        return { ...row, state: 'running', attempt: row.attempt + 1, place }
      })
      for (const [i, claimed] of claims.entries()) changes.move(rows[i]!, claimed)
      if (claims.length > 0 && (await tables.write({ operations: changes.operations })).ok) {
        return { claims, more: cursor !== undefined }
      }
      // Another worker came first; what it left is looked at again.
    }
    return { claims: [], more: true }
  }

  /** Delayed jobs whose time has come wait; so do running ones whose visibility is over, or they are dead. */
  async #promoteDue(tables: TenantTables, { attemptsMax }: WorkOptions): Promise<void> {
    for (let batch = 0; batch < batchesPerClaim; batch++) {
      const { records } = await tables.query({
        table: 'queue.timed',
        pk: this.#options.queue,
        before: dueBefore(this.#options.clock.now()),
        limit: jobsPerBatch,
      })
      if (records.length === 0) return
      const changes = new JobChanges(this.#options.queue)
      for (const row of await this.#rowsAt(tables, records)) {
        if (row.state === 'running' && row.attempt >= attemptsMax) this.#die(changes, row, lostText)
        else this.#wait(changes, row, row.attempt)
      }
      if (changes.operations.length > 0) await tables.write({ operations: changes.operations })
    }
  }

  /** The jobs that index records point to, but those that have moved on since the index was read. */
  async #rowsAt(
    tables: TenantTables,
    index: readonly {
      readonly key: { readonly sk: string }
      readonly attributes: { readonly [name: string]: unknown }
    }[],
  ): Promise<JobRow[]> {
    const keys = recordKeys(this.#options.queue)
    const records = await tables.getMany(index.map(({ attributes }) => keys.job(attributes['id'] as string)))
    return records.flatMap((record, i) => {
      const row = record && rowOf(record)
      return row && row.place === index[i]!.key.sk ? [row] : []
    })
  }

  async #withBodies(tables: TenantTables, tenant: TenantId, rows: readonly JobRow[]): Promise<TablesClaim[]> {
    if (rows.length === 0) return []
    const keys = recordKeys(this.#options.queue)
    const bodies = await tables.getMany(rows.map(({ id }) => keys.body(id)))
    return rows.flatMap((row, i) => {
      const body = bodies[i]?.attributes['body']
      // Without one the tenant was dropped in between.
      return typeof body === 'string' ? [{ row, job: jobOf(row, tenant, body) }] : []
    })
  }

  #wait(changes: JobChanges, row: JobRow, attempt: number): void {
    const place = this.#options.places.waiting(row.priority, this.#options.clock.now()) + row.id
    changes.move(row, { ...row, state: 'waiting', attempt, place })
  }

  #die(changes: JobChanges, row: JobRow, error: string): void {
    const diedAtMs = this.#options.clock.now()
    changes.move(row, { ...row, state: 'dead', place: this.#options.places.timed(diedAtMs) + row.id, error, diedAtMs })
    this.#freeKey(changes, row)
  }

  #freeKey(changes: JobChanges, { keyHash }: JobRow): void {
    if (keyHash !== undefined) changes.also({ delete: recordKeys(this.#options.queue).key(keyHash) })
  }
}
