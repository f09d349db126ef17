import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noFaults, type Partition } from '@koine/stores-ports'
import fc from 'fast-check'
import { Breaking, unlessBroken } from './testing/breaking.ts'
import { delivered, readNow, type RecordCluster, recordCluster, sent } from './testing/record-cluster.ts'

const at: Partition = { topic: 'orders', partition: 0 }
const sequences = 0x8000_0000
const roundsMax = 200

interface Batch {
  readonly values: readonly string[]
  readonly baseSequence: number
  offset?: number
}

/** An idempotent producer: up to five batches under way, each sent again until it is acknowledged. */
class Producer {
  readonly batches: Batch[]
  readonly #id: number
  readonly #epoch: number

  constructor(id: number, epoch: number, { first, sizes }: { first: number; sizes: readonly number[] }) {
    this.#id = id
    this.#epoch = epoch
    let sequence = first
    this.batches = sizes.map((size, i) => {
      const baseSequence = sequence
      sequence = (sequence + size) % sequences
      return { values: Array.from({ length: size }, (_, n) => `${id}/${epoch}/${i}/${n}`), baseSequence }
    })
  }

  get isDone(): boolean {
    return this.batches.every(({ offset }) => offset !== undefined)
  }

  /** Sends what isn't acknowledged, and again some of what is. */
  async round(cluster: RecordCluster, again: number): Promise<void> {
    const next = this.batches.findIndex(({ offset }) => offset === undefined)
    const begin = Math.max(0, (next < 0 ? this.batches.length : next) - again)
    await Promise.all(this.batches.slice(begin, begin + 5).map((batch) => this.#send(cluster, batch)))
  }

  async #send({ records, scope }: RecordCluster, batch: Batch): Promise<void> {
    const { values, baseSequence } = batch
    const bytes = sent(values, { producerId: this.#id, producerEpoch: this.#epoch, baseSequence })
    const outcome = await unlessBroken(records.produce(scope, at, bytes))
    if (!outcome) return
    if (!outcome.ok) return assert.equal(outcome.reason, 'out-of-order-sequence')
    if (batch.offset !== undefined) assert.equal(outcome.baseOffset, batch.offset, 'It got another offset.')
    batch.offset = outcome.baseOffset
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 })
const scenario = fc.record({
  seed: fc.integer(),
  share: fc.constantFrom(0, 0.02, 0.1),
  producers: fc.array(fc.record({ first: fc.constantFrom(0, 7, sequences - 3), sizes }), {
    minLength: 1,
    maxLength: 3,
  }),
  rounds: fc.array(fc.record({ restart: fc.boolean(), keep: fc.boolean(), again: fc.integer({ min: 0, max: 5 }) }), {
    maxLength: 20,
  }),
})

test('what an idempotent producer sends until it is acknowledged is in the log once, in order, whatever breaks', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, share, producers: wanted, rounds }) => {
      const faults = new Breaking(seed, share)
      const cluster = recordCluster({ faults, saving: { everyBatches: 3 } })
      await cluster.createTopic(at.topic)
      faults.isOn = true
      const producers = wanted.map((each, id) => new Producer(id, 0, each))
      for (let round = 0; !producers.every(({ isDone }) => isDone); round++) {
        assert.ok(round < roundsMax, 'It is never acknowledged.')
        const { restart = false, keep = false, again = 0 } = rounds[round] ?? {}
        await Promise.all(producers.map((producer) => producer.round(cluster, again)))
        // Beside each other, as in a process that dies.
        if (keep) void cluster.records.checkpoint(cluster.scope, at).catch(() => {})
        if (restart) cluster.restart()
      }
      faults.isOn = false
      const values = delivered(await readNow(cluster, at), 0, 'read-committed')
      for (const [id, { batches }] of producers.entries()) {
        const own = values.filter((value) => value.startsWith(`${id}/`))
        assert.deepEqual(
          own,
          batches.flatMap((batch) => batch.values),
        )
        for (const { offset, values: sentValues } of batches) assert.equal(values[offset!], sentValues[0])
      }
    }),
    { numRuns: 200 },
  )
})

/** What Kafka's rules say of a batch, from all that was appended. */
interface Known {
  epoch: number
  readonly sent: { readonly baseSequence: number; readonly size: number; readonly offset: number }[]
}

const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        id: fc.integer({ min: 0, max: 2 }),
        epoch: fc.integer({ min: 0, max: 2 }),
        /** Beside the next sequence. */
        off: fc.constantFrom(0, 0, 0, -1, -2, -3, -8, 1, 5),
        size: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), keep: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('trim' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
  ),
  { maxLength: 40 },
)

test('each batch is appended, answered or refused as the rules say, over restarts and trimming', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      const cluster = recordCluster({ faults: noFaults, saving: { everyBatches: 4 } })
      await cluster.createTopic(at.topic)
      const known = new Map<number, Known>()
      let end = 0
      for (const step of steps) {
        if (step.do === 'restart') {
          if (step.keep) await cluster.records[Symbol.asyncDispose]()
          cluster.restart()
        } else if (step.do === 'trim') {
          await cluster.records.checkpoint(cluster.scope, at)
          await cluster.scope.log.deleteRecords(at, Math.floor(end * step.share))
        } else {
          const { id, epoch, off, size } = step
          const of = known.get(id)
          const last = of?.epoch === epoch ? of.sent.at(-1) : undefined
          const baseSequence = Math.max(0, (last ? last.baseSequence + last.size : 0) + off)
          const batch = sent(
            Array.from({ length: size }, () => 'x'),
            { producerId: id, producerEpoch: epoch, baseSequence },
          )
          const outcome = await cluster.records.produce(cluster.scope, at, batch)
          const expected = expectedOf(of, { epoch, baseSequence, size, end })
          assert.deepEqual(outcome.ok ? outcome.baseOffset : outcome.reason, expected)
          if (expected !== end) continue
          const kept = of && of.epoch === epoch ? of.sent : []
          known.set(id, { epoch, sent: [...kept, { baseSequence, size, offset: end }].slice(-5) })
          end += size
        }
      }
    }),
    { numRuns: 300 },
  )
})

function expectedOf(
  of: Known | undefined,
  { epoch, baseSequence, size, end }: { epoch: number; baseSequence: number; size: number; end: number },
): number | string {
  if (!of) return end
  if (epoch < of.epoch) return 'stale-producer-epoch'
  if (epoch > of.epoch) return baseSequence === 0 ? end : 'out-of-order-sequence'
  const earlier = of.sent.find((each) => each.baseSequence === baseSequence && each.size === size)
  if (earlier) return earlier.offset
  const last = of.sent.at(-1)!
  return baseSequence === last.baseSequence + last.size ? end : 'out-of-order-sequence'
}
