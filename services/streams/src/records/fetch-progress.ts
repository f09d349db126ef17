import { baseOffset, lastOffsetDelta } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope } from '@koine/stores-ports'
import type { AbortedTransaction } from './aborted-transactions.ts'
import type { FetchedPartition, FetchRequest, WantedPartition } from './fetch.ts'
import type { Isolation } from './isolation.ts'
import type { Lanes } from './lanes.ts'
import { type PartitionFailure, readPartition, type ReadPartition } from './read-partition.ts'

type Failure = PartitionFailure | { readonly ok: false; readonly reason: 'failed'; readonly cause: unknown }

/** What a fetch has read so far. It reads on where it came to, and keeps what it has. */
export class FetchProgress {
  readonly #scope: TenantScope
  readonly #lanes: Lanes
  readonly #bytesMin: number
  readonly #bytesMax: number
  readonly #isolation: Isolation
  readonly #partitions: readonly PartitionProgress[]
  #bytes = 0

  constructor(scope: TenantScope, request: FetchRequest, lanes: Lanes) {
    this.#scope = scope
    this.#lanes = lanes
    this.#bytesMin = Math.min(request.bytesMin, request.bytesMax)
    this.#bytesMax = request.bytesMax
    this.#isolation = request.isolation ?? 'read-uncommitted'
    this.#partitions = request.partitions.map((wanted) => new PartitionProgress(wanted))
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEnough(): boolean {
    return (
      this.#bytes >= this.#bytesMin ||
      this.#partitions.some(({ hasFailed }) => hasFailed) ||
      (this.#bytes > 0 && this.#partitions.every(({ isFull }) => isFull))
    )
  }

  get results(): readonly FetchedPartition[] {
    return this.#partitions.map((partition) => partition.result)
  }

  /** Reads on in the partitions at these positions of the request. */
  async read(positions: Iterable<number>): Promise<void> {
    for (const position of positions) {
      const partition = this.#partitions[position]!
      if (partition.isFull || partition.hasFailed) continue
      await this.#readOn(partition)
    }
  }

  async #readOn(partition: PartitionProgress): Promise<void> {
    const bytesLeft = Math.max(0, this.#bytesMax - this.#bytes)
    try {
      const { at } = partition
      const read = await readPartition(this.#scope, at, {
        ...partition.readNext(bytesLeft),
        // Nothing more fits: it is only told how far the partition reaches.
        boundsOnly: bytesLeft === 0 && this.#bytes > 0,
        isolation: this.#isolation,
        lanes: this.#lanes,
      })
      // The first batch of a fetch comes whole, however large; others have to fit.
      this.#bytes += partition.take(read, { bytesLeft, isFirst: this.#bytes === 0 })
    } catch (cause) {
      partition.fail({ ok: false, reason: 'failed', cause })
    }
  }
}

/** How far one partition was read. */
class PartitionProgress {
  readonly at: Partition
  /** Nothing more of it fits into the answer. */
  isFull = false
  readonly #bytesMax: number
  readonly #batches: Uint8Array[] = []
  readonly #aborted = new Map<number, AbortedTransaction>()
  #nextOffset: number
  #bytes = 0
  #last: ReadPartition | Failure | undefined

  constructor({ topic, partition, offset, bytesMax }: WantedPartition) {
    this.at = { topic, partition }
    this.#nextOffset = offset
    this.#bytesMax = Math.max(0, bytesMax)
  }

  get hasFailed(): boolean {
    return this.#last?.ok === false
  }

  get result(): FetchedPartition {
    const last = this.#last ?? ({ ok: false, reason: 'no-such-partition' } as const)
    if (!last.ok) return { ...this.at, ...last }
    return { ...this.at, ...last, batches: this.#batches, abortedTransactions: [...this.#aborted.values()] }
  }

  readNext(bytesLeft: number): { offset: number; bytesMax: number } {
    return { offset: this.#nextOffset, bytesMax: Math.min(bytesLeft, this.#bytesMax - this.#bytes) }
  }

  /** Takes over as much of what was read as fits, and returns how many bytes that is. */
  take(
    read: ReadPartition | PartitionFailure,
    { bytesLeft, isFirst }: { readonly bytesLeft: number; readonly isFirst: boolean },
  ): number {
    if (!read.ok) {
      this.fail(read)
      return 0
    }
    this.#last = read
    let taken = 0
    for (const batch of read.batches) {
      const fits = taken + batch.length <= bytesLeft || (isFirst && taken === 0)
      if (!fits || (this.#batches.length > 0 && this.#bytes + batch.length > this.#bytesMax)) {
        this.isFull = true
        break
      }
      this.#batches.push(batch)
      this.#bytes += batch.length
      taken += batch.length
      this.#nextOffset = baseOffset(batch) + lastOffsetDelta(batch) + 1
    }
    for (const transaction of read.abortedTransactions) {
      if (transaction.firstOffset < this.#nextOffset) this.#aborted.set(transaction.lastOffset, transaction)
    }
    return taken
  }

  /** What was read before is answered all the same; whoever goes on from there hears of the failure. */
  fail(failure: Failure): void {
    if (this.#batches.length === 0) this.#last = failure
    else this.isFull = true
  }
}
