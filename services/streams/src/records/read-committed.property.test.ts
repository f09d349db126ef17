import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import { baseOffset, lastOffsetDelta } from '@koine/protocols-kafka/record-batch'
import type { Faults, Partition } from '@koine/stores-ports'
import fc from 'fast-check'
import { delivered, readNow, type RecordCluster, recordCluster, sent } from './testing/record-cluster.ts'

const at: Partition = { topic: 'orders', partition: 0 }

/** What a value's transaction came to, by the value. A value that is in none counts as committed. */
type Fate = 'open' | 'committed' | 'aborted'

const producerStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), records: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), commit: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('plain' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keep' as const) }) },
)
const scenario = fc.record({
  seed: fc.integer(),
  producers: fc.array(fc.array(producerStep, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
  readers: fc.integer({ min: 1, max: 3 }),
  bytesMax: fc.constantFrom(1, 200, 100_000),
})

/** Every step of the stores takes a while, between effect and answer too. */
class Slowness implements Faults {
  readonly #randomness: ReturnType<typeof seededRandomness>

  constructor(seed: number) {
    this.#randomness = seededRandomness(seed)
  }

  async before(operation: string): Promise<void> {
    // Appends of one partition keep their order.
    if (operation !== 'log.append') await this.#aWhile()
  }

  async after(): Promise<void> {
    await this.#aWhile()
  }

  async #aWhile(): Promise<void> {
    for (let turns = Math.floor(this.#randomness.fraction() * 6); turns > 0; turns--) await Promise.resolve()
    if (this.#randomness.fraction() < 0.2) await new Promise((resolve) => setImmediate(resolve))
  }
}

class Producer {
  readonly #cluster: RecordCluster
  readonly #id: number
  readonly #fates: Map<string, Fate>
  #sequence = 0
  #open: string[] = []

  constructor(cluster: RecordCluster, id: number, fates: Map<string, Fate>) {
    this.#cluster = cluster
    this.#id = id
    this.#fates = fates
  }

  async run(steps: readonly (typeof producerStep extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
    const { records, scope } = this.#cluster
    for (const step of steps) {
      if (step.do === 'send') await this.#send(step.records)
      else if (step.do === 'end') await this.#end(step.commit)
      else if (step.do === 'keep') await records.checkpoint(scope, at)
      else await this.#sendPlain()
    }
  }

  async #send(records: number): Promise<void> {
    const values = Array.from({ length: records }, (_, i) => `${this.#id}-${this.#sequence + i}`)
    for (const value of values) this.#fates.set(value, 'open')
    this.#open.push(...values)
    const batch = sent(values, {
      producerId: this.#id,
      producerEpoch: 0,
      baseSequence: this.#sequence,
      isTransactional: true,
    })
    this.#sequence += records
    assert.ok((await this.#cluster.records.produce(this.#cluster.scope, at, batch)).ok)
  }

  async #end(commit: boolean): Promise<void> {
    // Decided before the marker is written, as a coordinator does.
    for (const value of this.#open) this.#fates.set(value, commit ? 'committed' : 'aborted')
    this.#open = []
    const end = { producerId: this.#id, producerEpoch: 0, commit, coordinatorEpoch: 0 }
    assert.ok((await this.#cluster.records.endTransaction(this.#cluster.scope, at, end)).ok)
  }

  async #sendPlain(): Promise<void> {
    const value = `plain-${this.#id}-${this.#sequence}-${this.#fates.size}`
    this.#fates.set(value, 'committed')
    assert.ok((await this.#cluster.records.produce(this.#cluster.scope, at, sent([value]))).ok)
  }
}

/** Reads committed records from the start to the end until told, and looks at the fate of each as it comes. */
async function follow(
  cluster: RecordCluster,
  { fates, bytesMax, isDone }: { fates: ReadonlyMap<string, Fate>; bytesMax: number; isDone: () => boolean },
): Promise<string[]> {
  const seen: string[] = []
  let offset = 0
  for (;;) {
    const last = isDone()
    const [answer] = await cluster.records.fetch(cluster.scope, {
      partitions: [{ ...at, offset, bytesMax }],
      bytesMin: 1,
      waitMsMax: last ? 0 : 1_000,
      bytesMax: 1_000_000,
      isolation: 'read-committed',
      signal: new AbortController().signal,
    })
    const values = delivered(answer, offset, 'read-committed')
    for (const value of values) assert.equal(fates.get(value), 'committed', `${value} was delivered`)
    seen.push(...values)
    const newest = answer?.ok ? answer.batches.at(-1) : undefined
    if (newest) offset = baseOffset(newest) + lastOffsetDelta(newest) + 1
    else if (last) return seen
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

test('no reader of committed records ever sees one of an open or aborted transaction, and each sees all others', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, producers, readers, bytesMax }) => {
      const cluster = recordCluster({
        faults: new Slowness(seed),
        saving: { everyBatches: 5, abortedHeld: 1, abortedUnsavedMax: 3 },
      })
      await cluster.createTopic(at.topic)
      const fates = new Map<string, Fate>()
      let isDone = false
      const following = Array.from({ length: readers }, () =>
        follow(cluster, { fates, bytesMax, isDone: () => isDone }),
      )
      await Promise.all(producers.map((steps, id) => new Producer(cluster, id, fates).run([...steps])))
      // Those left open hide what follows them.
      await Promise.all(producers.map((_, id) => new Producer(cluster, id, fates).run([{ do: 'end', commit: false }])))
      for (const [value, fate] of fates) if (fate === 'open') fates.set(value, 'aborted')
      isDone = true
      const read = Promise.all(following)
      const pump = setInterval(() => cluster.clock.advance(1_000), 0)
      const seenByReaders = await read.finally(() => clearInterval(pump))
      const wanted = [...fates].filter(([, fate]) => fate === 'committed').map(([value]) => value)
      for (const seen of seenByReaders) assert.deepEqual(seen.toSorted(), wanted.toSorted())
      cluster.restart()
      const after = await readNow(cluster, at)
      assert.deepEqual(delivered(after, 0, 'read-committed').toSorted(), wanted.toSorted())
    }),
    { numRuns: 100 },
  )
})
