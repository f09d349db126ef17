import { randomUUID } from 'node:crypto'
import { type Clock, invariant, KoineError } from '@koine/base'
import {
  type Attributes,
  compareBytewise,
  type NewTopic,
  type Operation,
  type RecordKey,
  type TableRecord,
  type TenantTables,
  type Topic,
} from '@koine/stores-ports'
import { queryAll } from './query-all.ts'
import { unreclaimed } from './unreclaimed.ts'

export interface CatalogTopic {
  readonly topic: Topic
  /** Each partition's number within the tenant. Never used twice. */
  readonly numbers: readonly number[]
}

/**
 * A topic's record: `id`, `createdAtMs`, `settings`, `partitions` (how many), `firstNumber`, `added`. The numbers of those
 * that it was made with run from `firstNumber`; each of `added` is the first number, and the count, of some that came later.
 * Records of the first version have no `added`.
 */
const topicsTable = 'log.topics'
const keyOf = (name: string): RecordKey => ({ table: topicsTable, pk: 'topics', sk: name })
const counterKey: RecordKey = { table: 'log.counters', pk: 'partitions', sk: '' }

/** Topics that are made in one write: with the largest settings, they still fit in one. */
const createdPerWrite = 50

interface AskedFor {
  readonly topic: NewTopic
  /** Undefined when the name is taken, and before it is made. */
  made: Topic | undefined
  isDone: boolean
}

interface Loaded {
  readonly topics: Map<string, CatalogTopic>
  readonly nextNumber: number
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
  #nextNumber: number
  #isStale = false
  /** Changes go one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Topics to be made: those that wait share the next write. */
  #askedFor: AskedFor[] = []
  #sorted: readonly Topic[] | undefined

  static async load(tables: TenantTables, clock: Pick<Clock, 'now'>): Promise<TopicCatalog> {
    const topics = new Map<string, CatalogTopic>()
    for await (const record of queryAll(tables, { table: topicsTable, pk: 'topics' })) {
      topics.set(record.key.sk, topicFrom(record))
    }
    const counter = await tables.get(counterKey)
    return new TopicCatalog(tables, clock, { topics, nextNumber: Number(counter?.attributes['next'] ?? 0) })
  }

  private constructor(tables: TenantTables, clock: Pick<Clock, 'now'>, { topics, nextNumber }: Loaded) {
    this.#tables = tables
    this.#clock = clock
    this.#topics = topics
    this.#nextNumber = nextNumber
    this.#live = new Set([...topics.values()].flatMap(({ numbers }) => numbers))
  }

  get isStale(): boolean {
    return this.#isStale
  }

  find(name: string): CatalogTopic | undefined {
    return this.#topics.get(name)
  }

  /** By name. */
  all(): readonly Topic[] {
    this.#sorted ??= [...this.#topics.values()]
      .map(({ topic }) => topic)
      .sort((a, b) => compareBytewise(a.name, b.name))
    return this.#sorted
  }

  isLive(partition: number): boolean {
    return this.#live.has(partition)
  }

  /** Undefined when the name is taken. */
  create(topic: NewTopic): Promise<Topic | undefined> {
    const asked: AskedFor = { topic, made: undefined, isDone: false }
    this.#askedFor.push(asked)
    return this.#inTurn(async () => {
      if (!asked.isDone) await this.#createNext()
      return asked.made
    })
  }

  async #createNext(): Promise<void> {
    const asked = this.#askedFor.splice(0, createdPerWrite)
    const made = new Map<AskedFor, CatalogTopic>()
    const names = new Set<string>()
    let next = this.#nextNumber
    for (const each of asked) {
      const { name, partitions, settings = {} } = each.topic
      if (this.#topics.has(name) || names.has(name)) continue
      const topic = Object.freeze({
        name,
        partitions,
        settings: Object.freeze({ ...settings }),
        id: randomUUID().replaceAll('-', ''),
        createdAtMs: this.#clock.now(),
      })
      names.add(name)
      made.set(each, { topic, numbers: numbersFrom(next, partitions) })
      next += partitions
    }
    if (made.size > 0) await this.#write([...made.values()], next)
    for (const each of asked) {
      each.made = made.get(each)?.topic
      each.isDone = true
    }
  }

  /** Numbers for more partitions, behind all that were given out so far. */
  addPartitions(
    name: string,
    partitions: number,
  ): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'no-such-topic' | 'not-more' }> {
    return this.#inTurn(async () => {
      const found = this.#topics.get(name)
      if (!found) return { ok: false, reason: 'no-such-topic' }
      const added = partitions - found.numbers.length
      if (added <= 0) return { ok: false, reason: 'not-more' }
      const topic = Object.freeze({ ...found.topic, partitions })
      const numbers = [...found.numbers, ...numbersFrom(this.#nextNumber, added)]
      await this.#write([{ topic, numbers }], this.#nextNumber + added)
      return { ok: true, topic }
    })
  }

  /** Undefined when there is no such topic. */
  changeSettings({ name, id }: Pick<Topic, 'name' | 'id'>, settings: Topic['settings']): Promise<Topic | undefined> {
    return this.#inTurn(async () => {
      const found = this.#topics.get(name)
      if (found?.topic.id !== id) return undefined
      const topic = Object.freeze({ ...found.topic, settings: Object.freeze({ ...settings }) })
      await this.#write([{ ...found, topic }])
      return topic
    })
  }

  /** The topic that was deleted, if there was one. */
  delete(name: string): Promise<CatalogTopic | undefined> {
    return this.#inTurn(async () => {
      const found = this.#topics.get(name)
      if (!found) return undefined
      await this.#tables.write({ operations: [{ delete: keyOf(name) }, unreclaimed.note] })
      this.#topics.delete(name)
      this.#sorted = undefined
      for (const number of found.numbers) this.#live.delete(number)
      return found
    })
  }

  async #write(made: readonly CatalogTopic[], nextNumber = this.#nextNumber): Promise<void> {
    const puts = made.map((each): Operation => {
      const { name } = each.topic
      return { put: keyOf(name), attributes: attributesOf(each), if: this.#topics.has(name) ? 'present' : 'absent' }
    })
    const counter: Operation = { put: counterKey, attributes: { next: nextNumber } }
    const written = await this.#tables.write({ operations: [...puts, counter] })
    invariant(written.ok, 'The topics in the catalog are those in its table.')
    this.#nextNumber = nextNumber
    this.#sorted = undefined
    for (const each of made) {
      this.#topics.set(each.topic.name, each)
      for (const number of each.numbers) this.#live.add(number)
    }
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
  await tables.write({ operations: [{ delete: counterKey }, unreclaimed.forget] })
}

const numbersFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)

/** Cuts numbers into runs of consecutive ones. */
function runsOf(numbers: readonly number[]): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run && run.first + run.count === number) run.count++
    else runs.push({ first: number, count: 1 })
  }
  return runs
}

function attributesOf({ topic, numbers }: CatalogTopic): Attributes {
  const { id, partitions, settings, createdAtMs } = topic
  const [run, ...added] = runsOf(numbers)
  invariant(run, 'A topic has partitions.')
  return { id, partitions, settings: { ...settings }, createdAtMs, firstNumber: run.first, added }
}

function topicFrom({ key, attributes }: TableRecord): CatalogTopic {
  const partitions = attributes['partitions'] as number
  const added = (attributes['added'] ?? []) as readonly { first: number; count: number }[]
  const later = added.flatMap(({ first, count }) => numbersFrom(first, count))
  const topic = Object.freeze({
    name: key.sk,
    partitions,
    settings: Object.freeze({ ...(attributes['settings'] as Record<string, string>) }),
    id: attributes['id'] as string,
    createdAtMs: attributes['createdAtMs'] as number,
  })
  return { topic, numbers: [...numbersFrom(attributes['firstNumber'] as number, partitions - later.length), ...later] }
}
