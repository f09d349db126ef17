import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@koine/base/testing'
import { WireClient } from '@koine/gateways-kafka/testing'
import { createTopics, errorCodes, fetch, produce } from '@koine/protocols-kafka'
import { decodeRecordBatch, encodeRecordBatch, splitRecordBatches } from '@koine/protocols-kafka/record-batch'

export interface ProducingOptions {
  readonly port: number
  readonly credential: { readonly id: string; readonly secret: string }
  /** Made with one partition unless it is there. */
  readonly topic: string
  /** Of each record. */
  readonly valueBytes: number
}

/**
 * Produces numbered records one at a time until it is stopped. One that is refused is given up, so that what is there
 * in the end can be held against what was acknowledged.
 */
export class Producing implements Disposable {
  /** Numbers of records by the offsets that the server said they have. */
  readonly acknowledged = new Map<number, number>()
  /** The protocol's codes of refusals. */
  readonly refusals = new Set<number>()
  refused = 0
  latenciesMs: number[] = []
  readonly #options: ProducingOptions
  readonly #client: WireClient
  readonly #ended: Promise<void>
  #isStopped = false

  private constructor(options: ProducingOptions, client: WireClient) {
    this.#options = options
    this.#client = client
    this.#ended = this.#produce()
    this.#ended.catch(() => {}) // Told by `stop`.
  }

  static async start(options: ProducingOptions): Promise<Producing> {
    const { port, credential, topic: name } = options
    const client = await WireClient.signIn(port, credential)
    const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    await client.call(createTopics, 7, { topics: [{ name, ...plain }] })
    return new Producing(options, client)
  }

  /** Waits until so many more records have been acknowledged. */
  async goesOn(records = 10, timeoutMs = 20_000): Promise<void> {
    const enough = this.acknowledged.size + records
    await until('records are acknowledged', () => this.acknowledged.size >= enough, timeoutMs)
  }

  /** Waits until one more is refused. */
  async isRefused(timeoutMs = 20_000): Promise<void> {
    const before = this.refused
    await until('a record is refused', () => this.refused > before, timeoutMs)
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
    this.#client[Symbol.dispose]()
  }

  /** How long nearly all of the answers took since the last time that this was asked. */
  takeP99Ms(): number {
    const sorted = this.latenciesMs.toSorted((a, b) => a - b)
    this.latenciesMs = []
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0
  }

  /** All that was acknowledged until now is where the server said, in order, and nothing is there twice. */
  async check(port = this.#options.port): Promise<void> {
    const acknowledged = new Map(this.acknowledged)
    const found = await readNumbers({ ...this.#options, port })
    for (const [offset, number] of acknowledged) assert.equal(found.get(offset), number, `offset ${offset}`)
    const numbers = [...found.values()]
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].toSorted((a, b) => a - b),
    )
  }

  [Symbol.dispose](): void {
    this.#isStopped = true
    this.#client[Symbol.dispose]()
  }

  async #produce(): Promise<void> {
    const { topic: name, valueBytes } = this.#options
    for (let number = 0; !this.#isStopped; number++) {
      const value = Buffer.alloc(valueBytes, `${number} `)
      const records = encodeRecordBatch({ records: [{ key: null, value, timestampMs: Date.now() }] })
      const topicData = [{ name, partitionData: [{ index: 0, records }] }]
      const sentMs = performance.now()
      const { responses } = await this.#client.call(produce, 9, { acks: -1, timeoutMs: 5_000, topicData })
      this.latenciesMs.push(performance.now() - sentMs)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      if (errorCode === errorCodes.NONE) this.acknowledged.set(baseOffset, number)
      else this.#refuse(errorCode)
      // As a client that takes a breath: whatever is beside it shall have its turn on two cores.
      await sleep(errorCode === errorCodes.NONE ? 1 : 20)
    }
  }

  #refuse(errorCode: number): void {
    this.refused++
    this.refusals.add(errorCode)
  }
}

/** Numbers of the records by their offsets, in their order. */
async function readNumbers({ port, credential, topic }: ProducingOptions): Promise<Map<number, number>> {
  using client = await WireClient.signIn(port, credential)
  const numbers = new Map<number, number>()
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 8_000_000 }]
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 8_000_000, topics: [{ topic, partitions }] }
    const { responses } = await client.call(fetch, 11, request)
    const { errorCode, records } = responses[0]!.partitions[0]!
    assert.equal(errorCode, errorCodes.NONE)
    const split = splitRecordBatches(records ?? new Uint8Array())
    assert.ok(split.ok, 'whole batches')
    for (const each of split.batches.flatMap((batch) => decodeRecordBatch(batch).records)) {
      numbers.set(each.offset, Number.parseInt(Buffer.from(each.value!).toString('utf8', 0, 20), 10))
      fetchOffset = each.offset + 1
    }
    if (split.batches.length === 0) return numbers
  }
}
