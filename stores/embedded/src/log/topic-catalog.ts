import { randomUUID } from 'node:crypto'
import { type Clock, invariant, KoineError } from '@koine/base'
import {
  compareBytewise,
  type NewTopic,
  type RecordKey,
  type TableRecord,
  type TenantTables,
  type Topic,
} from '@koine/stores-ports'
import { queryAll } from './query-all.ts'

export interface CatalogTopic {
  readonly topic: Topic
  /** Its partitions' numbers within the tenant run from here. Never used twice. */
  readonly firstNumber: number
}

const topicsTable = 'log.topics'
const keyOf = (name: string): RecordKey => ({ table: topicsTable, pk: 'topics', sk: name })
const counterKey: RecordKey = { table: 'log.counters', pk: 'partitions', sk: '' }
/** There while segments may hold nothing but records of deleted topics. */
const unreclaimedKey: RecordKey = { table: 'log.counters', pk: 'unreclaimed', sk: '' }

interface Loaded {
  readonly topics: Map<string, CatalogTopic>
  readonly nextNumber: number
  readonly hasUnreclaimed: boolean
}

/**
 * A tenant's topics, kept in its tables and held in memory. A change that failed may have taken effect all the same: the
 * catalog is then stale, refuses further changes, and has to be loaded again.
 */
export class TopicCatalog {
  readonly #tables: TenantTables
  readonly #clock: Pick<Clock, 'now'>
  readonly #topics: Map<string, CatalogTopic>
  readonly #live: Set<number>
  /** Whether topics were deleted whose segments have not been looked through since. */
  readonly hasUnreclaimed: boolean
  #nextNumber: number
  #isStale = false
  /** Changes go one after another. */
  #turn: Promise<unknown> = Promise.resolve()

  static async load(tables: TenantTables, clock: Pick<Clock, 'now'>): Promise<TopicCatalog> {
    const topics = new Map<string, CatalogTopic>()
    for await (const record of queryAll(tables, { table: topicsTable, pk: 'topics' })) {
      topics.set(record.key.sk, topicFrom(record))
    }
    const [counter, unreclaimed] = await tables.getMany([counterKey, unreclaimedKey])
    const nextNumber = Number(counter?.attributes['next'] ?? 0)
    return new TopicCatalog(tables, clock, { topics, nextNumber, hasUnreclaimed: unreclaimed !== undefined })
  }

  private constructor(tables: TenantTables, clock: Pick<Clock, 'now'>, { topics, nextNumber, hasUnreclaimed }: Loaded) {
    this.#tables = tables
    this.#clock = clock
    this.#topics = topics
    this.#nextNumber = nextNumber
    this.hasUnreclaimed = hasUnreclaimed
    this.#live = new Set([...topics.values()].flatMap(numbersOf))
  }

  get isStale(): boolean {
    return this.#isStale
  }

  find(name: string): CatalogTopic | undefined {
    return this.#topics.get(name)
  }

  all(): Topic[] {
    return [...this.#topics.values()].map(({ topic }) => topic).sort((a, b) => compareBytewise(a.name, b.name))
  }

  isLive(partition: number): boolean {
    return this.#live.has(partition)
  }

  /** Undefined when the name is taken. */
  create({ name, partitions, settings = {} }: NewTopic): Promise<Topic | undefined> {
    return this.#inTurn(async () => {
      if (this.#topics.has(name)) return undefined
      const id = randomUUID().replaceAll('-', '')
      const topic = Object.freeze({
        name,
        partitions,
        settings: Object.freeze({ ...settings }),
        id,
        createdAtMs: this.#clock.now(),
      })
      const made = { topic, firstNumber: this.#nextNumber }
      const written = await this.#tables.write({
        operations: [
          {
            put: keyOf(name),
            attributes: {
              id,
              partitions,
              settings: { ...settings },
              createdAtMs: topic.createdAtMs,
              firstNumber: made.firstNumber,
            },
            if: 'absent',
          },
          { put: counterKey, attributes: { next: made.firstNumber + partitions } },
        ],
      })
      invariant(written.ok, 'A topic that is not in the catalog is not in its table.')
      this.#nextNumber = made.firstNumber + partitions
      this.#topics.set(name, made)
      for (const number of numbersOf(made)) this.#live.add(number)
      return topic
    })
  }

  /** The topic that was deleted, if there was one. */
  delete(name: string): Promise<CatalogTopic | undefined> {
    return this.#inTurn(async () => {
      const found = this.#topics.get(name)
      if (!found) return undefined
      await this.#tables.write({ operations: [{ delete: keyOf(name) }, { put: unreclaimedKey, attributes: {} }] })
      this.#topics.delete(name)
      for (const number of numbersOf(found)) this.#live.delete(number)
      return found
    })
  }

  /** Notes that the segments of deleted topics are gone. */
  async reclaimed(): Promise<void> {
    await this.#tables.write({ operations: [{ delete: unreclaimedKey }] })
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      if (this.#isStale) throw new KoineError('unavailable', 'An earlier change to the topics failed; try again.')
      try {
        return await change()
      } catch (error) {
        this.#isStale = true
        throw error
      }
    })
    this.#turn = result.catch(() => {}) // The caller hears of it; the next one goes on.
    return result
  }
}

/**
 * Removes all topics of a tenant. Their partitions' numbers start again, so `removeSegments` comes between: a crash on
 * the way leaves no segment whose numbers are given out a second time.
 */
export async function dropTopics(tables: TenantTables, removeSegments: () => Promise<void>): Promise<void> {
  for await (const { key } of queryAll(tables, { table: topicsTable, pk: 'topics' })) {
    await tables.write({ operations: [{ delete: key }] })
  }
  await removeSegments()
  await tables.write({ operations: [{ delete: counterKey }, { delete: unreclaimedKey }] })
}

export const numbersOf = ({ topic, firstNumber }: CatalogTopic): number[] =>
  Array.from({ length: topic.partitions }, (_, partition) => firstNumber + partition)

function topicFrom({ key, attributes }: TableRecord): CatalogTopic {
  const topic = Object.freeze({
    name: key.sk,
    partitions: attributes['partitions'] as number,
    settings: Object.freeze({ ...(attributes['settings'] as Record<string, string>) }),
    id: attributes['id'] as string,
    createdAtMs: attributes['createdAtMs'] as number,
  })
  return { topic, firstNumber: attributes['firstNumber'] as number }
}
