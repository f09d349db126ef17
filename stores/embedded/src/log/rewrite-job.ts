import { KoineError } from '@koine/base'
import { baseOffset, lastOffsetDelta, splitRecordBatches } from '@koine/protocols-kafka/record-batch'
import { checkReplacement, type RewriteOptions } from '@koine/stores-ports'
import type { PartitionState } from './log-state.ts'

/** One partition's rewriting: from batch to batch, through as many segments as it takes. */
export class RewriteJob {
  readonly partition: PartitionState
  readonly before: number
  readonly done = Promise.withResolvers<number>()
  readonly #replace: RewriteOptions['replace']
  /** Of the batch that was the newest when it began. It stays, and is on the disk before any goes: later ones may yet be lost. */
  readonly #newestEnd: number
  /** Where the sealed segments end that it goes through. */
  #passesTo = 0
  /** The first batch that was not shown. */
  #stoppedAt: number | undefined
  #failure: unknown
  #hasFailed = false

  constructor(partition: PartitionState, { before, replace }: RewriteOptions) {
    this.partition = partition
    this.before = before
    this.#replace = replace
    this.#newestEnd = partition.endOffset
  }

  /** Notes that batches from an offset on stand where no pass reaches. */
  passesTo(offset: number): void {
    this.#passesTo = offset
  }

  /** Notes that batches from an offset on are left alone. */
  stopAt(offset: number): void {
    this.#stoppedAt ??= offset
  }

  /** The same payload, when all its batches stay; another one; or undefined when none does. */
  change(payload: Uint8Array, startOffset: number): Uint8Array | undefined {
    const split = splitRecordBatches(payload)
    if (this.#hasFailed || !split.ok) return payload
    const kept: Uint8Array[] = []
    for (const batch of split.batches) {
      const becomes = this.#changeBatch(batch, startOffset)
      if (becomes) kept.push(becomes)
    }
    const isSame = kept.length === split.batches.length && kept.every((batch, at) => batch === split.batches[at])
    if (isSame) return payload
    return kept.length === 0 ? undefined : Buffer.concat(kept)
  }

  finish(startOffset: number): void {
    if (this.#hasFailed) return this.done.reject(this.#failure)
    const rest = this.#stoppedAt ?? this.#passesTo
    this.done.resolve(Math.min(this.before, Math.max(startOffset, rest)))
  }

  fail(error: unknown): void {
    const isOwn = error instanceof KoineError
    this.done.reject(isOwn ? error : new KoineError('unavailable', 'The log could not be rewritten.', { cause: error }))
  }

  #changeBatch(batch: Uint8Array, startOffset: number): Uint8Array | undefined {
    const endOffset = baseOffset(batch) + lastOffsetDelta(batch) + 1
    if (endOffset <= startOffset) return undefined
    if (endOffset > this.before || endOffset >= this.#newestEnd) this.stopAt(baseOffset(batch))
    if (this.#stoppedAt !== undefined || this.#hasFailed) return batch
    try {
      return checkReplacement(batch, this.#replace(batch))
    } catch (error) {
      this.#hasFailed = true
      this.#failure = error
      return batch
    }
  }
}
