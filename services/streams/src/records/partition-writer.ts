import { readRecordBatchHeader, type RecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantLog } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { checkRecords } from './check-records.ts'
import { type ProduceOutcome, refused } from './produce-outcome.ts'
import { ProducerSequences } from './producer-sequences.ts'

/** How far back, in records, a partition is searched for what its producers sent before this process knew it. */
const recordsSearched = 10_000
const readBytes = 1024 * 1024
const noProducer = -1
const noSuchPartition = refused('no-such-partition', 'There is no such partition.')

/** An append that has begun. Wrapped, because an async function can't return a promise without waiting for it. */
interface Begun {
  readonly outcome: ProduceOutcome | Promise<ProduceOutcome>
}

/**
 * Appends to one partition in the order of the calls, without waiting for one append before the next, and lets nothing of
 * an idempotent producer in twice.
 */
export class PartitionWriter {
  readonly #log: TenantLog
  readonly #at: Partition
  readonly #limits: StreamsLimits
  #topicId: string | undefined
  #sequences: Promise<ProducerSequences> | undefined
  /** Settles when the call before has begun its append. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(log: TenantLog, at: Partition, limits: StreamsLimits) {
    this.#log = log
    this.#at = at
    this.#limits = limits
  }

  append(records: Uint8Array): Promise<ProduceOutcome> {
    const begun = this.#turn.then(() => this.#begin(records))
    this.#turn = begun.catch(() => {}) // The caller sees the failure; the next call's turn comes all the same.
    return begun.then(({ outcome }) => outcome)
  }

  async #begin(records: Uint8Array): Promise<Begun> {
    const topic = await this.#log.topic(this.#at.topic)
    if (!topic || this.#at.partition < 0 || this.#at.partition >= topic.partitions) return { outcome: noSuchPartition }
    const checked = checkRecords(records, { topic, limits: this.#limits })
    if (!checked.ok) return { outcome: checked.refusal }
    // A topic made again under its old name is another topic.
    if (topic.id !== this.#topicId) this.#sequences = undefined
    this.#topicId = topic.id
    if (checked.header.producerId === noProducer) return { outcome: this.#append(records) }
    return this.#beginInSequence(records, checked.header)
  }

  async #beginInSequence(batch: Uint8Array, header: RecordBatchHeader): Promise<Begun> {
    const recalling = (this.#sequences ??= this.#recall())
    recalling.catch(() => (this.#sequences = undefined))
    const sequences = await recalling
    const answer = sequences.answerWithoutAppend(header)
    if (answer) return { outcome: answer }
    const outcome = this.#append(batch)
    sequences.note(header, outcome)
    // Whether a failed append is in the log is unknown: the next call asks the log.
    outcome.catch(() => (this.#sequences = undefined))
    return { outcome }
  }

  async #append(batch: Uint8Array): Promise<ProduceOutcome> {
    const result = await this.#log.append(this.#at, batch)
    return result.ok ? result : noSuchPartition
  }

  /** Rebuilds the sequences from the newest batches in the log: a batch sent again after a crash must not be doubled. */
  async #recall(): Promise<ProducerSequences> {
    const sequences = new ProducerSequences(this.#limits.producersPerPartition)
    const bounds = await this.#log.bounds(this.#at)
    if (!bounds) return sequences
    const { startOffset, endOffset } = bounds
    let offset = Math.max(startOffset, endOffset - recordsSearched)
    while (offset < endOffset) {
      const page = await this.#log.read(this.#at, { offset, bytesMax: readBytes })
      if (!page.ok || page.batches.length === 0) break
      for (const batch of page.batches) {
        const header = readRecordBatchHeader(batch)
        offset = header.baseOffset + header.lastOffsetDelta + 1
        if (header.producerId === noProducer) continue
        sequences.note(header, Promise.resolve({ ok: true, baseOffset: header.baseOffset, startOffset }))
      }
    }
    return sequences
  }
}
