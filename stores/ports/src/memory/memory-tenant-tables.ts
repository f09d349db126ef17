import type { Clock } from '@koine/base'
import type { Faults } from '../faults.ts'
import {
  type Query,
  type QueryPage,
  type RecordKey,
  tableLimits,
  type TableRecord,
  type TenantTables,
  type WriteBatch,
  type WriteResult,
} from '../tables.ts'
import { decodeCursor, encodeCursor } from '../table-cursor.ts'
import { applyOperation, conditionHolds, type RecordState, unexpired } from '../table-operations.ts'
import { keyOf } from '../table-keys.ts'
import { recordBytes } from '../table-sizes.ts'
import { checkBatch, checkKey, checkKeys, checkQuery } from '../table-validation.ts'
import { around } from './around.ts'
import { frozenCopy, withOwnBytes } from './frozen-copy.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { RecordGroup } from './record-group.ts'

/** One tenant's records: groups by table and pk, each ordered by sk. Records are frozen, so none can be changed from outside. */
export class MemoryTenantTables implements TenantTables {
  readonly outbox: MemoryOutbox
  readonly #clock: Pick<Clock, 'now'>
  readonly #faults: Faults
  readonly #groups = new Map<string, RecordGroup>()

  constructor(clock: Pick<Clock, 'now'>, faults: Faults) {
    this.#clock = clock
    this.#faults = faults
    this.outbox = new MemoryOutbox(faults)
  }

  get(key: RecordKey): Promise<TableRecord | undefined> {
    return around(this.#faults, 'tables.get', () => {
      checkKey(key)
      return this.#read(key)
    })
  }

  getMany(keys: readonly RecordKey[]): Promise<(TableRecord | undefined)[]> {
    return around(this.#faults, 'tables.getMany', () => {
      checkKeys(keys)
      return keys.map((key) => this.#read(key))
    })
  }

  query(query: Query): Promise<QueryPage> {
    return around(this.#faults, 'tables.query', () => {
      checkQuery(query)
      return this.#page(query, decodeCursor(query))
    })
  }

  write(batch: WriteBatch): Promise<WriteResult> {
    return around(this.#faults, 'tables.write', () => this.#write(batch))
  }

  clear(): void {
    this.#groups.clear()
    this.outbox.clear()
  }

  #read(key: RecordKey): TableRecord | undefined {
    const record = this.#live(key)
    return record && withOwnBytes(record)
  }

  #live(key: RecordKey): TableRecord | undefined {
    return unexpired(this.#groups.get(groupText(key))?.get(key.sk), this.#clock.now())
  }

  #page(query: Query, after: string | undefined): QueryPage {
    const nowMs = this.#clock.now()
    const records: TableRecord[] = []
    let bytes = 0
    for (const record of this.#groups.get(groupText(query))?.range(query, after) ?? []) {
      if (!unexpired(record, nowMs)) continue
      if (records.length === query.limit || bytes >= tableLimits.queryPageBytes) {
        return { records, cursor: encodeCursor(query, records.at(-1)!.key.sk) }
      }
      records.push(withOwnBytes(record))
      bytes += recordBytes(record.key, record.attributes)
    }
    return { records }
  }

  #write(batch: WriteBatch): WriteResult {
    checkBatch(batch)
    const states = batch.operations.map((operation) => this.#live(keyOf(operation)))
    const failed = batch.operations.flatMap(({ if: condition }, i) => (conditionHolds(condition, states[i]) ? [] : [i]))
    if (failed.length > 0) return { ok: false, failed }
    const next = batch.operations.map((operation, i) => applyOperation(operation, states[i], frozenCopy))
    for (const [i, operation] of batch.operations.entries()) {
      if ('check' in operation) continue
      const { table, pk, sk } = keyOf(operation)
      this.#put(Object.freeze({ table, pk, sk }), next[i])
    }
    if (batch.events && batch.events.length > 0) this.outbox.commit(batch.events)
    return { ok: true }
  }

  #put(key: RecordKey, state: RecordState | undefined): void {
    const text = groupText(key)
    let group = this.#groups.get(text)
    if (!group) {
      if (!state) return
      group = new RecordGroup()
      this.#groups.set(text, group)
    }
    group.put(key.sk, state && Object.freeze({ key, ...state, attributes: Object.freeze(state.attributes) }))
    if (group.size === 0) this.#groups.delete(text)
  }
}

const groupText = ({ table, pk }: { table: string; pk: string }): string => `${table}\0${pk}`
