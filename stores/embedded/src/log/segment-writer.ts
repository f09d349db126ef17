import { invariant, KoineError, type Timer } from '@koine/base'
import type { Durability } from '@koine/stores-ports'
import { ActiveFile } from './active-file.ts'
import { type Append, groupOf, layOut, stamp } from './append.ts'
import type { Engine } from './engine.ts'
import { frameHeaderBytes } from './frame.ts'
import { decodeIndex } from './index-file.ts'
import { writeIndex } from './index-store.ts'
import { ActiveSegment, encodeActiveIndex, type LogState, type PartitionState } from './log-state.ts'
import { type Segment, segmentAt, segmentHeaderBytes, writeSegmentHeader } from './segment.ts'

/** Appends that were written together, and are not answered yet. */
interface WrittenGroup {
  readonly appends: readonly Append[]
  readonly payloads: readonly Uint8Array[]
  /** Of the file, behind them. */
  readonly end: number
  readonly mustSync: boolean
}

export interface WriterEvents {
  /** What was appended to these can be read. Must not throw. */
  readable(partitions: Iterable<PartitionState>): void
  /** The segment and its index are on the disk. */
  sealed(segment: Segment): void
}

/**
 * Appends to one tenant's log in groups: what arrives while a group is written shares the next write, and what is written
 * while a sync runs shares the next sync. An append is in the index, the cache and the bounds once it is answered, in the
 * order of the file: one of durability `sync` when it and all before it are on the disk, one of `os` when it is written and
 * all `sync` ones before it are on the disk. What was written for `os` alone is synced within a time and a number of bytes.
 *
 * When a write or a sync fails, nobody knows what of it is on the disk (after a failed fdatasync the kernel drops the
 * pages and reports success the next time). What waits to be answered is refused, and before anything else is written the
 * file is mended: opened afresh, cut back behind the last append that was acknowledged, what of those isn't known to be on
 * the disk written once more from memory, and synced. Offsets go on from there too, so readers see nothing of it. As long
 * as that fails, appends are refused, and it is tried again.
 *
 * Two cases are left to chance. A process that dies between a failed sync and the mending leaves frames that were refused,
 * whole in the page cache and perhaps not on the disk: the next process takes them for good. And it takes with it what
 * was acknowledged for `os` and the disk refused.
 */
export class SegmentWriter {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #on: WriterEvents
  #file: ActiveFile | undefined
  /** Accepted and not answered: waiting, then being written, then written. */
  #waiting: Append[] = []
  #writing: readonly Append[] = []
  #written: WrittenGroup[] = []
  #unansweredBytes = 0
  #running: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  /** Of the file: up to here it is to be synced at once. */
  #syncTo = 0
  #syncTimer: Timer | undefined
  /** What a write or a sync failed with, until the file is mended. */
  #failure: { readonly cause: unknown } | undefined
  #mendTimer: Timer | undefined
  #mendingIsDue = false
  /** The next segment may be on the disk, so that the next process takes the active one for finished: nothing is added to it. */
  #hasBegunNext = false
  #closed = false
  #indexWrite: Promise<void> | undefined
  /** Those who want the active segment sealed. */
  #sealing: PromiseWithResolvers<void>[] = []

  constructor(engine: Engine, state: LogState, on: WriterEvents) {
    this.#engine = engine
    this.#state = state
    this.#on = on
    this.#file = state.active && new ActiveFile(engine, state.active)
  }

  /** Appends batches to a partition and returns the first one's offset. */
  append(
    partition: PartitionState,
    payload: Uint8Array,
    { batches, durability }: { readonly batches: readonly Uint8Array[]; readonly durability: Durability },
  ): Promise<number> {
    if (this.#closed) throw new KoineError('unavailable', 'The log is closed.')
    const { waitingBytes } = this.#engine.limits
    if (this.#unansweredBytes + payload.length > waitingBytes) {
      throw new KoineError('overloaded', `More than ${waitingBytes} bytes wait for the disk.`, { retryAfterMs: 100 })
    }
    const stamped = stamp(partition, batches)
    this.#unansweredBytes += payload.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...stamped, partition, payload, durability, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /**
   * Seals the active segment, full or not, so that it can be rewritten or deleted, and sees to it that its index is on the
   * disk. Does nothing when it is empty.
   */
  async seal(): Promise<void> {
    if (this.#closed) throw new KoineError('unavailable', 'The log is closed.')
    const sealing = Promise.withResolvers<void>()
    this.#sealing.push(sealing)
    this.#running ??= this.#run()
    await sealing.promise
    await this.indexWritten()
  }

  /** Brings to the disk all that can be read. */
  async sync(): Promise<void> {
    try {
      await this.#drain()
    } catch (cause) {
      throw new KoineError('unavailable', 'The log could not be brought to the disk.', { cause })
    }
  }

  /** Resolves when the index of the newest sealed segment is on the disk. */
  async indexWritten(): Promise<void> {
    await this.#indexWrite
    const last = this.#state.sealed.at(-1)
    if (last) await this.#writeSealedIndex(last)
  }

  /** Finishes what waits, brings it to the disk, and leaves an index behind so that opening again need not scan. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    this.#mendTimer?.cancel()
    try {
      if (this.#failure) await this.#mend()
      await this.#drain()
    } catch (error) {
      const what =
        'Appends that were refused may be in the log at its next opening, and some of durability `os` may not'
      this.#engine.logger.error({ err: error }, what)
    }
    this.#syncTimer?.cancel()
    const active = this.#failure ? undefined : this.#state.active
    try {
      await this.indexWritten()
      if (active && active.frameCount > 0) {
        await writeIndex(this.#engine, active.segment, encodeActiveIndex(this.#state, active, false))
      }
    } catch (error) {
      this.#engine.logger.warn({ err: error }, 'An index of the log was not written; the next opening makes it again')
    }
    this.#file?.close()
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sealing.length > 0 || this.#mendingIsDue) {
      const sealing = this.#sealing
      this.#sealing = []
      this.#mendingIsDue = false
      try {
        if (this.#failure) await this.#mend()
        await this.#makeRoom(sealing.length > 0)
        for (const { resolve } of sealing) resolve()
        if (this.#waiting.length > 0) await this.#write(this.#takeGroup())
      } catch (cause) {
        for (const { reject } of sealing) reject(new KoineError('unavailable', 'The log could not go on.', { cause }))
        this.#refuse(this.#takeAll(), cause)
      }
    }
    this.#running = undefined
  }

  async #write(group: readonly Append[]): Promise<void> {
    const file = this.#file
    invariant(file, 'A group is written to an active segment.')
    const { chunks, payloads } = layOut(group, file.active.durableBytes)
    this.#writing = group
    try {
      await file.write(chunks)
    } catch (cause) {
      this.#fail(cause)
      this.#refuse([...this.#writing, ...this.#takeAll()], cause)
      this.#writing = []
      return
    }
    // A sync may have failed meanwhile, and the group been refused.
    if (this.#writing !== group) return
    this.#writing = []
    const mustSync = group.some(({ durability }) => durability === 'sync')
    this.#written.push({ appends: group, payloads, end: file.end, mustSync })
    if (mustSync) this.#syncTo = file.end
    this.#publish(file)
    await this.#syncInTime(file)
  }

  /** Answers what may be answered. */
  #publish({ active }: ActiveFile): void {
    const changed = new Set<PartitionState>()
    let count = 0
    for (const group of this.#written) {
      if (group.mustSync && group.end > active.durableBytes) break
      this.#publishGroup(active, group, changed)
      count++
    }
    if (count === 0) return
    this.#written.splice(0, count)
    this.#on.readable(changed)
  }

  #publishGroup(active: ActiveSegment, { appends, payloads }: WrittenGroup, changed: Set<PartitionState>): void {
    for (const [at, append] of appends.entries()) {
      const { partition, baseOffset, maxTimestampMs, endOffset } = append
      const payload = payloads[at]!
      const position = active.bytes
      active.add(partition.number, { baseOffset, maxTimestampMs, position, payloadBytes: payload.length })
      active.bytes += frameHeaderBytes + payload.length
      this.#engine.tailCache.put(active.segment, position, payload)
      partition.endOffset = endOffset
      partition.maxTimestampMs = Math.max(partition.maxTimestampMs, maxTimestampMs)
      this.#unansweredBytes -= append.payload.length
      changed.add(partition)
      append.resolve(baseOffset)
    }
  }

  /** Begins a sync where one is due, and waits for it where too much is held in memory until then. */
  async #syncInTime(file: ActiveFile): Promise<void> {
    const { limits, unsynced } = this.#engine
    const isMuch = file.unsyncedBytes >= limits.unsyncedBytes || unsynced.bytes >= limits.unsyncedBytesOfAll
    if (isMuch) this.#syncTo = file.end
    this.#beginSync(file)
    this.#syncLater(file)
    const isTooMuch = file.unsyncedBytes >= 4 * limits.unsyncedBytes || unsynced.bytes >= 2 * limits.unsyncedBytesOfAll
    if (isTooMuch) await this.#syncing
  }

  /** What nobody asked to be synced at once. */
  #syncLater(file: ActiveFile): void {
    if (file.unsyncedBytes === 0 || this.#failure || this.#syncing) return
    this.#syncTimer ??= this.#engine.clock.after(this.#engine.limits.unsyncedMs, () => {
      this.#syncTimer = undefined
      if (file !== this.#file || this.#failure) return
      this.#syncTo = file.end
      this.#beginSync(file)
    })
  }

  #beginSync(file: ActiveFile): void {
    if (this.#syncing || !this.#mustSync(file)) return
    this.#syncTimer?.cancel()
    this.#syncTimer = undefined
    this.#syncing = this.#sync(file)
  }

  #mustSync({ active, end }: ActiveFile): boolean {
    return Math.min(this.#syncTo, end) > active.durableBytes
  }

  /** Never rejects. */
  async #sync(file: ActiveFile): Promise<void> {
    while (this.#mustSync(file)) {
      try {
        await file.sync()
        this.#publish(file)
      } catch (cause) {
        this.#fail(cause)
        file.serveFromMemory()
        const written = this.#written.flatMap(({ appends }) => appends)
        this.#refuse([...written, ...this.#writing, ...this.#takeAll()], cause)
        this.#written = []
        this.#writing = []
        this.#syncTo = 0
      }
    }
    this.#syncing = undefined
    this.#syncLater(file)
  }

  /** Brings all that is written to the disk. */
  async #drain(): Promise<void> {
    const file = this.#file
    if (!file) return
    if (!this.#failure) {
      this.#syncTo = file.end
      this.#beginSync(file)
    }
    await this.#syncing
    if (this.#failure) throw this.#failure.cause
  }

  #takeGroup(): readonly Append[] {
    const count = groupOf(this.#waiting, this.#engine.limits.groupBytes)
    return count === this.#waiting.length ? this.#takeAll() : this.#waiting.splice(0, count)
  }

  #takeAll(): readonly Append[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  /** @param appends the newest of all, so that offsets go on where they began */
  #refuse(appends: readonly Append[], cause: unknown): void {
    if (appends.length === 0) return
    this.#engine.logger.error({ err: cause, appends: appends.length }, 'The log could not be written')
    for (const { partition, baseOffset, payload, reject } of appends.toReversed()) {
      partition.nextOffset = baseOffset
      this.#unansweredBytes -= payload.length
      reject(new KoineError('unavailable', 'The log could not be written; nothing was appended.', { cause }))
    }
  }

  #fail(cause: unknown): void {
    this.#failure = { cause }
    const { bytes, durableBytes } = this.#file?.active ?? { bytes: 0, durableBytes: 0 }
    if (bytes <= durableBytes) return
    const what =
      'Appends that were acknowledged for `os` are not on the disk; they are kept in memory and written again'
    this.#engine.logger.error({ err: cause, bytes: bytes - durableBytes }, what)
    this.#mendLater()
  }

  /** Also when nobody appends any more: some was acknowledged that isn't on the disk. */
  #mendLater(): void {
    if (this.#closed) return
    this.#mendTimer ??= this.#engine.clock.after(this.#engine.limits.unsyncedMs, () => {
      this.#mendTimer = undefined
      if (!this.#failure) return
      this.#mendingIsDue = true
      this.#running ??= this.#run()
    })
  }

  async #mend(): Promise<void> {
    await this.#syncing
    const file = this.#file
    if (file) {
      const { active } = file
      const bytes = active.bytes - active.durableBytes
      try {
        await file.mend(active.bytes)
      } catch (cause) {
        this.#fail(cause)
        throw cause
      }
      if (bytes > 0) this.#engine.logger.warn({ bytes }, 'What a failed sync left unknown was written once more')
    }
    this.#failure = undefined
    this.#syncTo = 0
  }

  /** Makes the first segment, or the next one when the active one is full or is to be sealed. */
  async #makeRoom(mustSeal: boolean): Promise<void> {
    const file = this.#file
    const { segmentBytes, segmentFrames } = this.#engine.limits
    const isDone = file && (mustSeal || this.#hasBegunNext || file.active.isOld) && file.end > segmentHeaderBytes
    const hasRoom = file && file.end < segmentBytes && file.active.frameCount < segmentFrames
    const isWanted = file !== undefined || this.#waiting.length > 0
    if (!isWanted || (hasRoom && !isDone)) return
    await this.#drain()
    await this.indexWritten()
    this.#hasBegunNext = true
    const next = await this.#makeSegment((file?.active.segment.sequence ?? 0) + 1)
    if (file) this.#seal(file)
    this.#state.active = next
    this.#file = new ActiveFile(this.#engine, next)
    this.#syncTo = 0
    this.#hasBegunNext = false
  }

  async #makeSegment(sequence: number): Promise<ActiveSegment> {
    const { files, openFiles } = this.#engine
    const segment = segmentAt(this.#state.directory, sequence)
    if (!this.#state.active) await files.makeDirectory(this.#state.directory)
    await openFiles.use(segment.path, 'write', (file) => writeSegmentHeader(file, segment))
    await files.syncDirectory(this.#state.directory)
    return new ActiveSegment(segment)
  }

  #seal(file: ActiveFile): void {
    const { segment } = file.active
    const bytes = encodeActiveIndex(this.#state, file.active, true)
    const index = decodeIndex(bytes, segment)
    invariant(index, 'An index reads back as it was written.')
    segment.unwritten = { index, bytes }
    this.#state.sealed = [...this.#state.sealed, segment]
    file.close()
    // Beside the appends that follow; the next sealing waits for it and, if it failed, tries again.
    this.#indexWrite = this.#writeSealedIndex(segment).catch(() => {})
  }

  async #writeSealedIndex(segment: Segment): Promise<void> {
    const { unwritten } = segment
    if (!unwritten) return
    await writeIndex(this.#engine, segment, unwritten.bytes)
    this.#engine.indexCache.put(segment, unwritten.index)
    segment.unwritten = undefined
    this.#on.sealed(segment)
  }
}
