import { randomUUID } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import {
  applyOperation,
  conditionHolds,
  keyOf,
  type Operation,
  type OutboxEvent,
  unexpired,
  type WriteBatch,
} from '@koine/stores-ports'
import { decodeItem, encodeItem, type Item, type ItemKey, itemKeyOf, type StoredRecord } from './item.ts'
import { encodeEvent, headKey, lineOf } from './outbox-items.ts'

/** What was seen where an operation is about to write: an item, none, or nobody looked. */
export type Seen = Item | 'none' | 'unknown'

/** The events of one (topic, key) in a batch. */
export interface EventLine {
  readonly line: string
  readonly events: readonly OutboxEvent[]
}

/**
 * How a batch becomes a transaction. Conditions and updates are evaluated here, on what was read; the transaction then
 * says of each item that it is still the one that was read, by its stamp. So every rule of the port, doubles and expiry
 * by the caller's clock included, is the same code for all engines, and DynamoDB is asked for one thing only.
 */
export class BatchPlan {
  readonly operations: readonly Operation[]
  readonly lines: readonly EventLine[]
  readonly #tableName: string

  constructor({ operations, events = [] }: WriteBatch, tableName: string) {
    this.operations = operations
    this.lines = inLines(events)
    this.#tableName = tableName
  }

  get recordKeys(): readonly ItemKey[] {
    return this.operations.map((operation) => itemKeyOf(keyOf(operation)))
  }

  get headKeys(): readonly ItemKey[] {
    return this.lines.map(({ line }) => headKey(line))
  }

  /**
   * What can be assumed of the records without a look: that a record to be made is absent, which the transaction checks.
   * Undefined when some operation needs to know what is there.
   */
  get assumed(): readonly Seen[] | undefined {
    const assumed = this.operations.map((operation): Seen | undefined => {
      if ('if' in operation && operation.if === 'absent') return 'none'
      return 'delete' in operation && operation.if === undefined ? 'unknown' : undefined
    })
    return assumed.every((seen) => seen !== undefined) ? assumed : undefined
  }

  /** Indices of the operations whose conditions fail on what was seen. */
  failed(seen: readonly Seen[], nowMs: number): readonly number[] {
    return this.operations.flatMap((operation, i) => (conditionHolds(operation.if, liveIn(seen[i]!, nowMs)) ? [] : [i]))
  }

  /** @param heads as read, in the order of `headKeys` */
  transaction(seen: readonly Seen[], heads: readonly (Item | undefined)[], nowMs: number): TransactWriteItem[] {
    const writes = this.operations.map((operation, i) => this.#writeOf(operation, seen[i]!, nowMs))
    return [...writes, ...this.lines.flatMap((line, i) => this.#writesOfLine(line, heads[i]))]
  }

  #writeOf(operation: Operation, seen: Seen, nowMs: number): TransactWriteItem {
    const key = keyOf(operation)
    const guarded = { TableName: this.#tableName, ...asSeen(seen) }
    if ('check' in operation)
      return { ConditionCheck: { ConditionExpression: absent, ...guarded, Key: itemKeyOf(key) } }
    const next = applyOperation(operation, liveIn(seen, nowMs))
    if (!next) return { Delete: { ...guarded, Key: itemKeyOf(key) } }
    return { Put: { ...guarded, Item: encodeItem(key, next, randomUUID()) } }
  }

  #writesOfLine({ line, events }: EventLine, head: Item | undefined): TransactWriteItem[] {
    const last = Number(head?.n?.N ?? 0)
    const puts = events.map((event, i): TransactWriteItem => {
      const item = encodeEvent(line, last + i + 1, event)
      return { Put: { TableName: this.#tableName, Item: item, ConditionExpression: absent } }
    })
    const condition = head
      ? { ConditionExpression: 'n = :last', ExpressionAttributeValues: { ':last': { N: String(last) } } }
      : { ConditionExpression: absent }
    const item = { ...headKey(line), n: { N: String(last + events.length) } }
    return [{ Put: { TableName: this.#tableName, Item: item, ...condition } }, ...puts]
  }
}

const absent = 'attribute_not_exists(p)'

/** The condition that the item is still what was seen. */
function asSeen(seen: Seen): { ConditionExpression?: string; ExpressionAttributeValues?: Item } {
  if (seen === 'unknown') return {}
  if (seen === 'none') return { ConditionExpression: absent }
  return { ConditionExpression: 'g = :seen', ExpressionAttributeValues: { ':seen': seen.g! } }
}

function liveIn(seen: Seen, nowMs: number): StoredRecord | undefined {
  return typeof seen === 'string' ? undefined : unexpired(decodeItem(seen), nowMs)
}

function inLines(events: readonly OutboxEvent[]): EventLine[] {
  const lines = new Map<string, OutboxEvent[]>()
  for (const event of events) {
    const line = lineOf(event)
    const sofar = lines.get(line)
    if (sofar) sofar.push(event)
    else lines.set(line, [event])
  }
  return [...lines].map(([line, events]) => ({ line, events }))
}
