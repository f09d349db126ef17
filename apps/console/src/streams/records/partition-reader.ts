import type { StreamRecord, StreamsClient } from '../../api/streams-port.ts'

export interface PartitionReaderOptions {
  readonly client: Pick<StreamsClient, 'records'>
  readonly topic: string
  readonly partition: number
  /** The oldest offset there is. */
  readonly startOffset: number
  /** Where to read from, back and on: the offset of the first newer record. */
  readonly position: number
  /** How many records to ask for at once. */
  readonly chunk: number
  readonly signal: AbortSignal
}

/** Compacted ranges may be all gaps: so many reads find a record, or a later call looks on. */
const readsPerRefill = 24

/** One partition read in both directions from a position, a chunk at a time. */
export class PartitionReader {
  readonly #options: PartitionReaderOptions
  /** Ascending; the last of them is the next older one. */
  #older: StreamRecord[] = []
  /** Ascending; the first of them is the next newer one. */
  #newer: StreamRecord[] = []
  #low: number
  #high: number
  #isAtEnd = false

  constructor(options: PartitionReaderOptions) {
    this.#options = options
    this.#low = options.position
    this.#high = options.position
  }

  /** Whether there is more before what was taken; a guess where all that is left may be gaps. */
  get hasOlder(): boolean {
    return this.#older.length > 0 || this.#low > this.#options.startOffset
  }

  /** Whether the newest record was not reached yet, as far as is known. */
  get hasNewer(): boolean {
    return this.#newer.length > 0 || !this.#isAtEnd
  }

  get nextOlder(): StreamRecord | undefined {
    return this.#older.at(-1)
  }

  get nextNewer(): StreamRecord | undefined {
    return this.#newer[0]
  }

  takeOlder(): StreamRecord | undefined {
    return this.#older.pop()
  }

  takeNewer(): StreamRecord | undefined {
    return this.#newer.shift()
  }

  /** Sees to it that `nextOlder` is known, if there is any. */
  async fillOlder(): Promise<void> {
    let span = this.#options.chunk
    for (let reads = 0; this.#older.length === 0 && this.#low > this.#options.startOffset; reads++) {
      if (reads === readsPerRefill) return
      const from = Math.max(this.#options.startOffset, this.#low - span)
      this.#older = await this.#range(from, this.#low)
      this.#low = from
      // A gap: look further back.
      span *= 2
    }
  }

  /** Sees to it that `nextNewer` is known, if there is any by now. */
  async fillNewer(): Promise<void> {
    if (this.#newer.length > 0) return
    const { data } = await this.#read({ from: this.#high })
    this.#newer = [...data]
    this.#high = (data.at(-1)?.offset ?? this.#high - 1) + 1
    this.#isAtEnd = data.length === 0
  }

  /** Asks again at the end: something may have come. */
  lookAgain(): void {
    this.#isAtEnd = false
  }

  /** All records from one offset up to, but not with, another. */
  async #range(from: number, to: number): Promise<StreamRecord[]> {
    const found: StreamRecord[] = []
    for (let next = from; next < to;) {
      const { data } = await this.#read({ from: next })
      found.push(...data.filter(({ offset }) => offset < to))
      const last = data.at(-1)
      if (!last) break
      next = last.offset + 1
    }
    return found
  }

  #read(query: { from: number }): ReturnType<StreamsClient['records']> {
    const { client, topic, partition, chunk, signal } = this.#options
    return client.records(topic, { ...query, partition, limit: chunk }, signal)
  }
}
