import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, type Randomness, sleep } from '@koine/base'
import { asKoineError, isMissingTable } from './failures.ts'
import { type Item, type ItemKey, itemKeyText } from './item.ts'
import { jitteredMs } from './jitter.ts'
import type { PhysicalTable } from './physical-table.ts'

const roundsMax = 20

export interface ItemReaderOptions {
  readonly client: DynamoDBClient
  readonly table: PhysicalTable
  readonly waits: Clock
  readonly randomness: Randomness
}

/** Strongly consistent reads of items by key. A table that isn't there holds nothing. */
export class ItemReader {
  readonly #options: ItemReaderOptions

  constructor(options: ItemReaderOptions) {
    this.#options = options
  }

  /** In the order of the keys, of which there are at most 100. */
  async read(keys: readonly ItemKey[]): Promise<(Item | undefined)[]> {
    try {
      if (keys.length === 0) return []
      if (keys.length === 1) return [await this.#readOne(keys[0]!)]
      const found = await this.#readMany(keys)
      return keys.map((key) => found.get(itemKeyText(key)))
    } catch (error) {
      if (isMissingTable(error)) return keys.map(() => undefined)
      throw asKoineError(error, 'unavailable')
    }
  }

  async #readOne(key: ItemKey): Promise<Item | undefined> {
    const { client, table } = this.#options
    return (await client.send(new GetItemCommand({ TableName: table.name, Key: { ...key }, ConsistentRead: true })))
      .Item
  }

  async #readMany(keys: readonly ItemKey[]): Promise<Map<string, Item>> {
    const { client, table, waits, randomness } = this.#options
    const found = new Map<string, Item>()
    const distinct = new Map(keys.map((key) => [itemKeyText(key), { ...key }]))
    let wanted: Record<string, KeysAndAttributes> = {
      [table.name]: { Keys: [...distinct.values()], ConsistentRead: true },
    }
    for (let round = 1; round <= roundsMax; round++) {
      const answer = await client.send(new BatchGetItemCommand({ RequestItems: wanted }))
      for (const item of answer.Responses?.[table.name] ?? []) found.set(itemKeyText(item), item)
      if (Object.keys(answer.UnprocessedKeys ?? {}).length === 0) return found
      wanted = answer.UnprocessedKeys!
      // A full answer leaves keys over, and so does throttling: after the first it costs time only when it repeats.
      if (round > 1) await sleep(waits, jitteredMs(round, randomness))
    }
    throw new KoineError('overloaded', 'DynamoDB leaves reads over, again and again.')
  }
}
