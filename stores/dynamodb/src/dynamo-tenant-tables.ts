import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, type Randomness, sleep } from '@koine/base'
import {
  checkBatch,
  checkKey,
  checkKeys,
  checkQuery,
  compareBytewise,
  decodeCursor,
  encodeCursor,
  type Query,
  type QueryPage,
  type RecordKey,
  type TableRecord,
  type TenantTables,
  unexpired,
  type WriteBatch,
  type WriteResult,
} from '@koine/stores-ports'
import { BatchPlan, type Seen } from './batch-plan.ts'
import { DynamoOutbox } from './dynamo-outbox.ts'
import { asKoineError, isMissingTable } from './failures.ts'
import { decodeItem, type Item, itemKeyOf, itemKeyText, partitionOf, recordOf, skOf, sortKeyOf } from './item.ts'
import { ItemReader } from './item-reader.ts'
import { jitteredMs } from './jitter.ts'
import { KeyLocks } from './key-locks.ts'
import type { PhysicalTable } from './physical-table.ts'
import { TransactionSender } from './transaction.ts'

export interface DynamoTenantTablesOptions {
  readonly client: DynamoDBClient
  readonly table: PhysicalTable
  /** The time by which records expire. */
  readonly clock: Pick<Clock, 'now'>
  /** What pauses between tries are waited on. */
  readonly waits: Clock
  readonly randomness: Randomness
}

/** Tries of a batch that others keep coming ahead of. */
const triesMax = 25

/** The tables of one tenant, in its own physical table. */
export class DynamoTenantTables implements TenantTables {
  readonly outbox: DynamoOutbox
  readonly #options: DynamoTenantTablesOptions
  readonly #reader: ItemReader
  readonly #sender: TransactionSender
  readonly #locks = new KeyLocks()

  constructor(options: DynamoTenantTablesOptions) {
    this.#options = options
    this.outbox = new DynamoOutbox(options)
    this.#reader = new ItemReader(options)
    this.#sender = new TransactionSender(options)
  }

  async get(key: RecordKey): Promise<TableRecord | undefined> {
    checkKey(key)
    const [item] = await this.#reader.read([itemKeyOf(key)])
    return this.#live(key, item)
  }

  async getMany(keys: readonly RecordKey[]): Promise<(TableRecord | undefined)[]> {
    checkKeys(keys)
    const items = await this.#reader.read(keys.map(itemKeyOf))
    return keys.map((key, i) => this.#live(key, items[i]))
  }

  async query(query: Query): Promise<QueryPage> {
    checkQuery(query)
    const after = decodeCursor(query)
    const { from = '', before } = query
    if (before !== undefined && compareBytewise(from, before) >= 0) return { records: [] }
    try {
      const answer = await this.#options.client.send(new QueryCommand(this.#queryInput(query, after)))
      const items = answer.Items ?? []
      const records = items.flatMap((item) => {
        const sk = skOf(item)
        // DynamoDB's range includes its end.
        return sk === before ? [] : (this.#live({ ...query, sk }, item) ?? [])
      })
      const last = answer.LastEvaluatedKey && skOf(answer.LastEvaluatedKey)
      return last === undefined || last === before ? { records } : { records, cursor: encodeCursor(query, last) }
    } catch (error) {
      if (isMissingTable(error)) return { records: [] }
      throw asKoineError(error, 'unavailable')
    }
  }

  async write(batch: WriteBatch): Promise<WriteResult> {
    checkBatch(batch)
    const plan = new BatchPlan(batch, this.#options.table.name)
    const touched = [...plan.recordKeys, ...plan.headKeys]
    if (touched.length === 0) return { ok: true }
    const result = await this.#locks.run(touched.map(itemKeyText), () => this.#carryOut(plan))
    if (result.ok && plan.lines.length > 0) this.outbox.notify()
    return result
  }

  async #carryOut(plan: BatchPlan): Promise<WriteResult> {
    for (let tries = 1; tries <= triesMax; tries++) {
      const { seen, heads } = await this.#look(plan, tries === 1 ? plan.assumed : undefined)
      const nowMs = this.#options.clock.now()
      const failed = plan.failed(seen, nowMs)
      if (failed.length > 0) return { ok: false, failed }
      if ((await this.#sender.send(plan.transaction(seen, heads, nowMs))) === 'committed') return { ok: true }
      // What was only assumed is looked at now; what was seen was changed by another node, which may be about to again.
      if (tries > 1) await sleep(this.#options.waits, jitteredMs(tries, this.#options.randomness))
    }
    throw new KoineError('conflict', `Others came ahead of the batch ${triesMax} times.`)
  }

  async #look(
    plan: BatchPlan,
    assumed: readonly Seen[] | undefined,
  ): Promise<{ seen: readonly Seen[]; heads: readonly (Item | undefined)[] }> {
    const items = await this.#reader.read([...(assumed ? [] : plan.recordKeys), ...plan.headKeys])
    if (assumed) return { seen: assumed, heads: items }
    const count = plan.operations.length
    return { seen: items.slice(0, count).map((item) => item ?? 'none'), heads: items.slice(count) }
  }

  #live(key: RecordKey, item: Item | undefined): TableRecord | undefined {
    const state = item && unexpired(decodeItem(item), this.#options.clock.now())
    return state && recordOf({ table: key.table, pk: key.pk, sk: key.sk }, state)
  }

  /**
   * A key condition of DynamoDB has no range that leaves out its end. Going down, the end is where the query starts after;
   * going up, the end is taken in and left out of the page.
   */
  #queryInput(query: Query, after: string | undefined): QueryCommandInput {
    const { from = '', before, direction = 'ascending', limit } = query
    const isAscending = direction === 'ascending'
    const end = isAscending ? before : undefined
    const start = after ?? (isAscending ? undefined : before)
    return {
      TableName: this.#options.table.name,
      ConsistentRead: true,
      KeyConditionExpression: end === undefined ? 'p = :p AND s >= :from' : 'p = :p AND s BETWEEN :from AND :end',
      ExpressionAttributeValues: {
        ':p': partitionOf(query),
        ':from': sortKeyOf(from),
        ...(end !== undefined && { ':end': sortKeyOf(end) }),
      },
      ScanIndexForward: isAscending,
      Limit: limit,
      ...(start !== undefined && { ExclusiveStartKey: itemKeyOf({ ...query, sk: start }) }),
    }
  }
}
