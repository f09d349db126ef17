import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Faults } from '@koine/stores-ports'
import fc from 'fast-check'
import { at, type CleaningCluster, cleaningCluster, type ReadRecord } from './testing/cleaning-cluster.ts'

const retentionMs = 10_000

/** What may happen to a compacted partition. */
type Step =
  | { readonly do: 'append'; readonly records: readonly (readonly [key: string, isTombstone: boolean])[] }
  | { readonly do: 'transact'; readonly producer: number; readonly keys: readonly string[] }
  | { readonly do: 'end'; readonly producer: number; readonly commit: boolean }
  | { readonly do: 'clean' }
  | { readonly do: 'clean and die'; readonly after: number }
  | { readonly do: 'restart' }
  | { readonly do: 'wait'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const producer = fc.integer({ min: 1, max: 3 })
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        records: fc.array(fc.tuple(key, fc.boolean()), { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('transact' as const),
        producer,
        keys: fc.array(key, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), producer, commit: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('clean' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('clean and die' as const), after: fc.integer({ min: 0, max: 6 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 15_000 }) }) },
  ),
  { maxLength: 40 },
)

/** Everything that was ever appended, with whether it was committed in the end. */
interface Appended extends ReadRecord {
  isCommitted: boolean
}

/** Fails the operations on the log and the tables once so many have gone through. */
class Mortality implements Faults {
  left = Infinity
  before(operation: string): void {
    if (operation !== 'log.topic' && this.left-- <= 0) throw new Error('the process died')
  }
  after(): void {}
}

class Run {
  readonly #log: CleaningCluster
  readonly #mortality: Mortality
  readonly #appended: Appended[] = []
  readonly #open = new Map<number, Appended[]>()
  readonly #sequences = new Map<number, number>()
  #value = 0

  constructor(log: CleaningCluster, mortality: Mortality) {
    this.#log = log
    this.#mortality = mortality
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'append') await this.#append(step.records)
    else if (step.do === 'transact') await this.#transact(step.producer, step.keys)
    else if (step.do === 'end') await this.#end(step.producer, step.commit)
    else if (step.do === 'clean') await this.#log.clean()
    else if (step.do === 'wait') this.#log.clock.advance(step.ms)
    else if (step.do === 'restart') this.#log.restart()
    else await this.#cleanAndDie(step.after)
  }

  /** Ends what is open, cleans as often as it takes, and looks at the log before and after. */
  async finish(): Promise<void> {
    for (const producer of this.#open.keys()) await this.#end(producer, producer % 2 === 0)
    await this.check()
    await this.#append([['end', false]])
    await this.#log.cleanAnew()
    await this.check({ isClean: true })
    this.#log.clock.advance(retentionMs)
    await this.#log.cleanAnew()
    const read = await this.check({ isClean: true })
    assert.deepEqual(
      read.filter(({ value }) => value === null),
      [],
      'tombstones outlived their time',
    )
    assert.equal(this.#log.counts.failed, 0)
  }

  async check({ isClean = false } = {}): Promise<readonly ReadRecord[]> {
    const read = await this.#log.read()
    const stable = await this.#log.records.lastStableOffset(this.#log.scope, at)
    const readable = this.#appended.filter(({ offset, isCommitted }) => isCommitted && offset < stable!)
    const byOffset = new Map(readable.map((record) => [record.offset, record]))
    for (const { offset, key, value } of read) {
      const { isCommitted: _, ...appended } =
        byOffset.get(offset) ?? assert.fail(`offset ${offset} was never committed`)
      assert.deepEqual({ offset, key, value }, appended)
    }
    assert.deepEqual(
      read.map(({ offset }) => offset),
      read.map(({ offset }) => offset).toSorted((a, b) => a - b),
    )
    assert.deepEqual(state(read), state(readable), 'a reader from the start sees another state')
    if (isClean) assert.equal(new Set(read.map(({ key }) => key)).size, read.length, 'a key is there twice')
    return read
  }

  async #append(records: readonly (readonly [string, boolean])[]): Promise<void> {
    const pairs = records.map(([key, isTombstone]) => [key, isTombstone ? null : `${this.#value++}`] as const)
    const base = await this.#log.append(pairs)
    for (const [i, [key, value]] of pairs.entries()) {
      this.#appended.push({ offset: base + i, key, value, isCommitted: true })
    }
  }

  async #transact(producerId: number, keys: readonly string[]): Promise<void> {
    const baseSequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, baseSequence + keys.length)
    const pairs = keys.map((key) => [key, `${this.#value++}`] as const)
    const fields = { producerId, producerEpoch: 0, baseSequence, isTransactional: true }
    const base = await this.#log.append(pairs, fields)
    const records = pairs.map(([key, value], i) => ({ offset: base + i, key, value, isCommitted: false }))
    this.#appended.push(...records)
    this.#open.set(producerId, [...(this.#open.get(producerId) ?? []), ...records])
  }

  async #end(producerId: number, commit: boolean): Promise<void> {
    const end = { producerId, producerEpoch: 0, commit, coordinatorEpoch: 0 }
    await this.#log.records.endTransaction(this.#log.scope, at, end)
    if (commit) for (const record of this.#open.get(producerId) ?? []) record.isCommitted = true
    this.#open.delete(producerId)
  }

  async #cleanAndDie(after: number): Promise<void> {
    this.#mortality.left = after
    const { failed } = this.#log.counts
    await this.#log.cleanAnew().catch(() => {}) // It died, as it was to.
    this.#log.counts.failed = failed
    this.#mortality.left = Infinity
    this.#log.restart()
  }
}

/** What a reader ends with: the newest value of each key, and none where that is a tombstone. */
function state(records: readonly ReadRecord[]): Record<string, string> {
  const newest = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === null) newest.delete(key!)
    else newest.set(key!, value)
  }
  return Object.fromEntries([...newest].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const settings = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': `${retentionMs}`,
}

test('whatever is appended, cleaned and died over, a reader from the start sees each key’s newest value', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (taken, cleaningKeysMax) => {
      const faults = new Mortality()
      const run = new Run(await cleaningCluster(settings, { faults, limits: { cleaningKeysMax } }), faults)
      for (const step of taken) {
        await run.take(step)
        if (step.do.startsWith('clean')) await run.check()
      }
      await run.finish()
    }),
    { numRuns: 150 },
  )
})
