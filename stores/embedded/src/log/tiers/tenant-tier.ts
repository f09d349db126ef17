import { type Clock, KoineError } from '@koine/base'
import type { TenantBlobs, TenantTables } from '@koine/stores-ports'
import type { CopiedSegment } from '../segment.ts'
import type { BlockCache } from './block-cache.ts'
import type { TierMetrics } from './tier-metrics.ts'
import { objectKey } from './object-format.ts'
import { type ObjectRecord, ObjectRecords } from './object-records.ts'
import type { TieringSettings } from './tiering-settings.ts'
import { Turns } from './turns.ts'

/** What tenants share of the blob store. */
export interface Tier {
  readonly settings: TieringSettings
  readonly cache: BlockCache
  readonly clock: Clock
  readonly metrics: TierMetrics
}

export interface TenantTierOptions extends Tier {
  readonly blobs: TenantBlobs
  readonly tables: TenantTables
  /** There is something to do for the blob store, at this time at the latest. */
  readonly wake: (atMs: number) => void
}

/** What one tenant's log has in the blob store, while it is open. */
export class TenantTier {
  readonly settings: TieringSettings
  readonly cache: BlockCache
  readonly clock: Clock
  readonly metrics: TierMetrics
  readonly records: ObjectRecords
  readonly wake: (atMs: number) => void
  /** Whoever changes which segments there are, or where they are, does it in its turn. */
  readonly turns = new Turns()
  /** Sequences of segments that the scrubber found damaged, with nothing to repair them from. */
  readonly damaged = new Set<number>()
  readonly #blobs: TenantBlobs
  readonly #closing = new AbortController()

  static async open(options: TenantTierOptions): Promise<TenantTier> {
    return new TenantTier(options, await ObjectRecords.load(options.tables))
  }

  private constructor(options: TenantTierOptions, records: ObjectRecords) {
    this.settings = options.settings
    this.cache = options.cache
    this.clock = options.clock
    this.metrics = options.metrics
    this.wake = options.wake
    this.records = records
    this.#blobs = options.blobs
  }

  /** The copies that count, as recovery wants them. */
  copies(): CopiedSegment[] {
    return this.records.all('copied').map((record) => ({ ...record, key: objectKey(record) }))
  }

  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** What is under way is given up. */
  close(): void {
    this.#closing.abort(new KoineError('unavailable', 'The log is closed.'))
  }

  /** Asks the blob store for something: for no longer than it may take, and not beyond the closing of the log. */
  ask<T>(question: (blobs: TenantBlobs) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.closing.throwIfAborted()
      const { operationMs } = this.settings
      const timer = this.clock.after(operationMs, () =>
        reject(new KoineError('unavailable', `The blob store has not answered for ${operationMs} ms.`)),
      )
      const onClosing = (): void => reject(this.closing.reason)
      this.closing.addEventListener('abort', onClosing)
      question(this.#blobs)
        .then(resolve, reject)
        .finally(() => {
          timer.cancel()
          this.closing.removeEventListener('abort', onClosing)
        })
    })
  }

  /** Later than every other generation of a segment, on either medium. */
  nextGeneration({ sequence, generation }: { readonly sequence: number; readonly generation: number }): number {
    return Math.max(generation, this.records.of(sequence)?.generation ?? 0) + 1
  }

  /** Notes durably that a sequence's object doesn't count any more. It is deleted beside what goes on. */
  async discard(sequence: number): Promise<void> {
    const record = this.records.of(sequence)
    if (!record || record.state === 'gone') return
    this.wake(this.clock.now())
    if (record.state !== 'deleting') await this.records.note({ ...record, state: 'deleting' })
  }

  /** Deletes an object that is to be. Its record is kept where its segment is. */
  async remove(record: ObjectRecord, hasSegment: () => boolean): Promise<void> {
    // Again, in case that its first writing failed.
    await this.records.note({ ...record, state: 'deleting' })
    await this.ask((blobs) => blobs.delete(objectKey(record)))
    if (hasSegment()) await this.records.note({ ...record, state: 'gone' })
    else await this.records.forget(record.sequence)
  }
}
