import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseOffset, lastOffsetDelta } from '@koine/protocols-kafka/record-batch'
import type { Partition } from '@koine/stores-ports'
import fc from 'fast-check'
import { Breaking, unlessBroken } from './testing/breaking.ts'
import { delivered, readNow, type RecordCluster, recordCluster, sent } from './testing/record-cluster.ts'

const at: Partition = { topic: 'orders', partition: 0 }
const triesMax = 200

interface Transaction {
  readonly batches: number
  readonly commit: boolean
}

/** One producer and its coordinator: each sends again until it is answered. */
class Producer {
  readonly committed: string[] = []
  readonly #cluster: RecordCluster
  readonly #id: number
  #epoch = 0
  #sequence = 0

  constructor(cluster: RecordCluster, id: number) {
    this.#cluster = cluster
    this.#id = id
  }

  async run(transactions: readonly Transaction[]): Promise<void> {
    for (const [number, { batches, commit }] of transactions.entries()) {
      const values = Array.from({ length: batches }, (_, i) => `${this.#id}/${number}/${i}`)
      for (const value of values) await this.#send(value)
      if (commit) this.committed.push(...values)
      await this.#end(commit)
    }
  }

  #send(value: string): Promise<void> {
    const fields = { producerId: this.#id, producerEpoch: this.#epoch, baseSequence: this.#sequence++ }
    return again(async () => {
      const { records, scope } = this.#cluster
      const outcome = await unlessBroken(
        records.produce(scope, at, sent([value], { ...fields, isTransactional: true })),
      )
      if (outcome) assert.ok(outcome.ok, outcome.ok ? '' : outcome.message)
      return outcome !== undefined
    })
  }

  /** An abort fences: the producer goes on in the next epoch. */
  async #end(commit: boolean): Promise<void> {
    if (!commit) {
      this.#epoch++
      this.#sequence = 0
    }
    const end = { producerId: this.#id, producerEpoch: this.#epoch, commit, coordinatorEpoch: 0 }
    await again(async () => {
      const { records, scope } = this.#cluster
      return (await unlessBroken(records.endTransaction(scope, at, end))) !== undefined
    })
  }
}

async function again(attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await attempt()); tries++) {
    assert.ok(tries < triesMax, 'It is never answered.')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** All that a reader of committed records gets, a little at a time. */
async function readAll(cluster: RecordCluster, bytesMax: number): Promise<string[]> {
  const values: string[] = []
  let offset = 0
  for (;;) {
    const answer = await readNow(cluster, at, { offset, bytesMax })
    values.push(...delivered(answer, offset, 'read-committed'))
    const last = answer.ok ? answer.batches.at(-1) : undefined
    if (!last) return values
    offset = baseOffset(last) + lastOffsetDelta(last) + 1
  }
}

const transaction = fc.record({ batches: fc.integer({ min: 0, max: 4 }), commit: fc.boolean() })
const scenario = fc.record({
  seed: fc.integer(),
  share: fc.constantFrom(0, 0.03, 0.1),
  producers: fc.array(fc.array(transaction, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
  restarts: fc.array(fc.record({ afterTurns: fc.integer({ min: 0, max: 20 }), isClean: fc.boolean() }), {
    maxLength: 4,
  }),
  bytesMax: fc.constantFrom(1, 300, 100_000),
})

test('a transaction’s records are read once when it commits and never when it aborts, whatever breaks', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, share, producers: wanted, restarts, bytesMax }) => {
      const faults = new Breaking(seed, share)
      const saving = { everyBatches: 4, abortedHeld: 1, abortedUnsavedMax: 3 }
      const cluster = recordCluster({ faults, saving })
      await cluster.createTopic(at.topic)
      faults.isOn = true
      const producers = wanted.map((_, id) => new Producer(cluster, id))
      const running = Promise.all(producers.map((producer, id) => producer.run(wanted[id]!)))
      for (const { afterTurns, isClean } of restarts) {
        for (let turn = 0; turn < afterTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
        if (isClean) await cluster.records[Symbol.asyncDispose]()
        cluster.restart()
      }
      await running
      faults.isOn = false
      for (let life = 0; life < 2; life++, cluster.restart()) {
        const values = await readAll(cluster, bytesMax)
        for (const [id, { committed }] of producers.entries()) {
          assert.deepEqual(
            values.filter((value) => value.startsWith(`${id}/`)),
            committed,
          )
        }
      }
    }),
    { numRuns: 150 },
  )
})
