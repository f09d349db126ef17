import {
  checkBatch,
  checkKey,
  checkKeys,
  checkQuery,
  conditionHolds,
  decodeCursor,
  type Query,
  type QueryPage,
  type RecordKey,
  type TableRecord,
  type TenantTables,
  type WriteBatch,
  type WriteResult,
} from '@koine/stores-ports'
import type { EnvironmentPool } from './environment-pool.ts'
import { LmdbOutbox } from './lmdb-outbox.ts'

/** One tenant's tables: checks what it is asked and hands it to the environment. */
export class LmdbTenantTables implements TenantTables {
  readonly outbox: LmdbOutbox
  readonly #pool: EnvironmentPool
  readonly #directory: string

  constructor(pool: EnvironmentPool, directory: string) {
    this.#pool = pool
    this.#directory = directory
    this.outbox = new LmdbOutbox(pool, directory)
  }

  async get(key: RecordKey): Promise<TableRecord | undefined> {
    checkKey(key)
    return this.#pool.read(this.#directory, (environment) => environment.get(key))
  }

  async getMany(keys: readonly RecordKey[]): Promise<(TableRecord | undefined)[]> {
    checkKeys(keys)
    const records = await this.#pool.read(this.#directory, (environment) => keys.map((key) => environment.get(key)))
    return records ?? keys.map(() => undefined)
  }

  async query(query: Query): Promise<QueryPage> {
    checkQuery(query)
    const page = await this.#pool.read(this.#directory, (environment) => environment.query(query))
    if (page) return page
    decodeCursor(query)
    return { records: [] }
  }

  async write(batch: WriteBatch): Promise<WriteResult> {
    const checked = checkBatch(batch)
    if (this.#pool.isOpen(this.#directory)) {
      return this.#pool.use(this.#directory, (environment) => environment.write(batch, checked))
    }
    // Opening takes a while, in which the caller might change what was checked.
    const own = structuredClone(batch)
    if (leavesNothing(own) && (await this.#pool.isAbsent(this.#directory))) return outcomeOnNothing(own)
    return this.#pool.use(this.#directory, (environment) => environment.write(own, checked))
  }
}

/** Whether there is nothing after the batch when there was nothing before. */
const leavesNothing = ({ operations, events = [] }: WriteBatch): boolean =>
  events.length === 0 && operations.every((operation) => 'delete' in operation || 'check' in operation)

function outcomeOnNothing({ operations }: WriteBatch): WriteResult {
  const failed = operations.flatMap(({ if: condition }, i) => (conditionHolds(condition, undefined) ? [] : [i]))
  return failed.length > 0 ? { ok: false, failed } : { ok: true }
}
