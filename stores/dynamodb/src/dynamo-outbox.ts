import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  TransactGetItemsCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, type Randomness, sleep } from '@koine/base'
import { checkPendingLimit, type Outbox, type PendingEvent } from '@koine/stores-ports'
import { asKoineError, isMissingTable, isNamed } from './failures.ts'
import type { Item } from './item.ts'
import { jitteredMs } from './jitter.ts'
import { decodeEvent, eventKey, keyOfPosition, outboxShards, shardPartition, type StoredEvent } from './outbox-items.ts'
import type { PhysicalTable } from './physical-table.ts'

const deletesPerCall = 25
const looksPerCall = 100
const roundsMax = 20

export interface DynamoOutboxOptions {
  readonly client: DynamoDBClient
  readonly table: PhysicalTable
  readonly waits: Clock
  readonly randomness: Randomness
}

/** The outbox in a tenant's table; `outbox-items.ts` tells how it is laid out. Its listeners hear of this process's commits. */
export class DynamoOutbox implements Outbox {
  readonly #options: DynamoOutboxOptions
  readonly #listeners = new Set<() => void>()

  constructor(options: DynamoOutboxOptions) {
    this.#options = options
  }

  async pending(limit: number): Promise<readonly PendingEvent[]> {
    checkPendingLimit(limit)
    try {
      const shards = await Promise.all(Array.from({ length: outboxShards }, (_, shard) => this.#inShard(shard, limit)))
      const found = await this.#withoutOvertakers(shards.flat())
      return found.slice(0, limit).map(({ event }) => event)
    } catch (error) {
      if (isMissingTable(error)) return []
      throw asKoineError(error, 'unavailable')
    }
  }

  async remove(events: readonly PendingEvent[]): Promise<void> {
    const requests = events.map(({ position }): WriteRequest => ({ DeleteRequest: { Key: keyOfPosition(position) } }))
    try {
      for (let i = 0; i < requests.length; i += deletesPerCall)
        await this.#delete(requests.slice(i, i + deletesPerCall))
    } catch (error) {
      if (!isMissingTable(error)) throw asKoineError(error, 'unavailable')
    }
  }

  onCommit(listener: () => void): Disposable {
    // Its own function each time: one listener may be registered twice.
    const call = (): void => listener()
    this.#listeners.add(call)
    return { [Symbol.dispose]: () => void this.#listeners.delete(call) }
  }

  notify(): void {
    for (const listener of this.#listeners) listener()
  }

  async #inShard(shard: number, limit: number): Promise<StoredEvent[]> {
    const { client, table } = this.#options
    const found: StoredEvent[] = []
    let start: Item | undefined
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table.name,
          ConsistentRead: true,
          KeyConditionExpression: 'p = :p',
          ExpressionAttributeValues: { ':p': shardPartition(shard) },
          Limit: limit - found.length,
          ExclusiveStartKey: start,
        }),
      )
      found.push(...(page.Items ?? []).map(decodeEvent))
      start = page.LastEvaluatedKey
    } while (start && found.length < limit)
    return found
  }

  /**
   * A query may see one transaction's item and not yet that of an earlier one. So a line is cut at a gap between its
   * numbers, and left for later when the event ahead of its first one is there after all or is being written.
   */
  async #withoutOvertakers(found: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const lines = Map.groupBy(found, ({ line }) => line)
    const firsts = [...lines.values()].map(([first]) => first!).filter(({ number }) => number > 1)
    const held = new Set<string>()
    for (let i = 0; i < firsts.length; i += looksPerCall) {
      for (const line of await this.#overtaken(firsts.slice(i, i + looksPerCall))) held.add(line)
    }
    return [...lines].flatMap(([line, events]) => (held.has(line) ? [] : withoutGap(events)))
  }

  /** Lines whose event ahead of the given one isn't gone. Reads in a transaction, which tells of one that is at work. */
  async #overtaken(firsts: readonly StoredEvent[]): Promise<readonly string[]> {
    const { client, table } = this.#options
    const items = firsts.map(({ line, number }) => ({
      Get: { TableName: table.name, Key: { ...eventKey(line, number - 1) }, ProjectionExpression: 'p' },
    }))
    try {
      const { Responses: answers } = await client.send(new TransactGetItemsCommand({ TransactItems: items }))
      return firsts.flatMap(({ line }, i) => (answers?.[i]?.Item ? [line] : []))
    } catch (error) {
      if (!isNamed(error, 'TransactionCanceledException')) throw error
      const { CancellationReasons: reasons } = error as { CancellationReasons?: readonly { Code?: string }[] }
      const conflicts = firsts.flatMap(({ line }, i) => (reasons?.[i]?.Code === 'TransactionConflict' ? [line] : []))
      // Without a reason of its own each line may be the one: all wait for the next look.
      return conflicts.length > 0 && conflicts.length < firsts.length
        ? [...conflicts, ...(await this.#overtaken(firsts.filter(({ line }) => !conflicts.includes(line))))]
        : firsts.map(({ line }) => line)
    }
  }

  async #delete(requests: WriteRequest[]): Promise<void> {
    const { client, table, waits, randomness } = this.#options
    let left: WriteRequest[] = requests
    for (let round = 1; round <= roundsMax; round++) {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: left } }))
      left = answer.UnprocessedItems?.[table.name] ?? []
      if (left.length === 0) return
      await sleep(waits, jitteredMs(round, randomness))
    }
    throw new KoineError('overloaded', 'DynamoDB leaves deletes over, again and again.')
  }
}

function withoutGap(events: readonly StoredEvent[]): readonly StoredEvent[] {
  const end = events.findIndex(({ number }, i) => i > 0 && number !== events[i - 1]!.number + 1)
  return end === -1 ? events : events.slice(0, end)
}
