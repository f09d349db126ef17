import { invariant, KoineError } from '@koine/base'
import {
  lastOffsetDelta,
  maxTimestampMs,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@koine/protocols-kafka/record-batch'
import type { Engine } from './engine.ts'
import { frameHeaderBytes, groupAfter, putFrame, putFrameHeader } from './frame.ts'
import { writeIndex } from './index-store.ts'
import { writeAll } from './log-files.ts'
import { ActiveSegment, encodeActiveIndex, type LogState, type PartitionState } from './log-state.ts'
import { decodeIndex } from './index-file.ts'
import { type Segment, segmentAt, segmentHeaderBytes, writeSegmentHeader } from './segment.ts'

interface Append {
  readonly partition: PartitionState
  /** The batches, with their offsets in. */
  readonly payload: Uint8Array
  readonly baseOffset: number
  readonly endOffset: number
  readonly maxTimestampMs: number
  readonly resolve: (baseOffset: number) => void
  readonly reject: (error: unknown) => void
}

export interface WriterEvents {
  /** What was appended to these can be read. Must not throw. */
  durable(partitions: Iterable<PartitionState>): void
  /** The segment and its index are on the disk. */
  sealed(segment: Segment): void
}

/**
 * Appends to one tenant's log by group commit: what arrives while the disk is busy shares the next write and fdatasync.
 * An append resolves when it is durable, and only then is it in the index, the cache and the bounds.
 *
 * When a write or a sync fails, nobody knows what of it is on the disk (after a failed fdatasync the kernel drops the
 * pages and reports success the next time). So all that waits is refused, and before anything else is written the file
 * is opened afresh, cut back to where it was last known durable, and synced; offsets go on from there too. What was
 * acknowledged lies before the cut and isn't touched. As long as the cut fails, appends go on being refused.
 *
 * One case is left to chance: a process that dies between a failed sync and the cut leaves frames that were refused, whole
 * in the page cache and perhaps not on the disk. The next process takes them for good, and loses them if the machine
 * then loses power before they happen to be written. Nothing acknowledged before is concerned.
 */
export class SegmentWriter {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #on: WriterEvents
  #waiting: Append[] = []
  #waitingBytes = 0
  #running: Promise<void> | undefined
  #mustCutBack = false
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
  }

  /** Appends batches to a partition, durably, and returns the first one's offset. */
  append(partition: PartitionState, payload: Uint8Array, batches: readonly Uint8Array[]): Promise<number> {
    if (this.#closed) throw new KoineError('unavailable', 'The log is closed.')
    const { waitingBytes } = this.#engine.limits
    if (this.#waitingBytes + payload.length > waitingBytes) {
      throw new KoineError('overloaded', `More than ${waitingBytes} bytes wait for the disk.`, { retryAfterMs: 100 })
    }
    const stamped = stamp(partition, batches)
    this.#waitingBytes += payload.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...stamped, partition, payload, resolve, reject })
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

  /** Resolves when the index of the newest sealed segment is on the disk. */
  async indexWritten(): Promise<void> {
    await this.#indexWrite
    const last = this.#state.sealed.at(-1)
    if (last) await this.#writeSealedIndex(last)
  }

  /** Finishes what waits, then leaves an index behind so that opening again need not scan. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    const { active } = this.#state
    try {
      if (this.#mustCutBack) await this.#cutBack()
    } catch (error) {
      this.#engine.logger.warn({ err: error }, 'Appends that were refused may be in the log at its next opening')
    }
    try {
      await this.indexWritten()
      if (active && active.frameCount > 0) {
        await writeIndex(this.#engine, active.segment, encodeActiveIndex(this.#state, active, false))
      }
    } catch (error) {
      this.#engine.logger.warn({ err: error }, 'An index of the log was not written; the next opening makes it again')
    }
    if (active) this.#engine.openFiles.forget(active.segment.path)
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sealing.length > 0) {
      const sealing = this.#sealing
      this.#sealing = []
      try {
        if (this.#mustCutBack) await this.#cutBack()
        await this.#makeRoom(sealing.length > 0)
        for (const { resolve } of sealing) resolve()
        if (this.#waiting.length > 0) await this.#commit(this.#takeGroup())
      } catch (cause) {
        for (const { reject } of sealing) reject(new KoineError('unavailable', 'The log could not go on.', { cause }))
        this.#refuse(this.#takeAll(), cause)
      }
    }
    this.#running = undefined
  }

  async #commit(group: readonly Append[]): Promise<void> {
    const { active } = this.#state
    invariant(active, 'A group is committed to an active segment.')
    this.#state.lastGroup = groupAfter(this.#state.lastGroup)
    const { chunks, payloads } = layOut(group, this.#state.lastGroup)
    try {
      await this.#engine.openFiles.use(active.segment.path, 'write', async (file) => {
        await writeAll(file, chunks, active.bytes)
        await file.sync()
      })
    } catch (error) {
      this.#mustCutBack = true
      this.#refuse([...group, ...this.#takeAll()], error)
      return
    }
    this.#publish(active, group, payloads)
  }

  #publish(active: ActiveSegment, group: readonly Append[], payloads: readonly Uint8Array[]): void {
    const changed = new Set<PartitionState>()
    for (const [at, append] of group.entries()) {
      const { partition, baseOffset, maxTimestampMs, endOffset } = append
      const payload = payloads[at]!
      const position = active.bytes
      active.add(partition.number, { baseOffset, maxTimestampMs, position, payloadBytes: payload.length })
      active.bytes += frameHeaderBytes + payload.length
      this.#engine.tailCache.put(active.segment, position, payload)
      partition.endOffset = endOffset
      partition.maxTimestampMs = Math.max(partition.maxTimestampMs, maxTimestampMs)
      changed.add(partition)
      append.resolve(baseOffset)
    }
    this.#on.durable(changed)
  }

  /** Takes as many of the waiting as a group may hold, at least one. */
  #takeGroup(): readonly Append[] {
    const { groupBytes } = this.#engine.limits
    let count = 0
    let bytes = 0
    while (
      count < this.#waiting.length &&
      (count === 0 || bytes + this.#waiting[count]!.payload.length <= groupBytes)
    ) {
      bytes += this.#waiting[count++]!.payload.length
    }
    if (count === this.#waiting.length) return this.#takeAll()
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  #takeAll(): readonly Append[] {
    const all = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    return all
  }

  #refuse(appends: readonly Append[], cause: unknown): void {
    if (appends.length === 0) return
    this.#engine.logger.error({ err: cause, appends: appends.length }, 'The log could not be written')
    for (const { partition, reject } of appends) {
      partition.nextOffset = partition.endOffset
      reject(new KoineError('unavailable', 'The log could not be written; nothing was appended.', { cause }))
    }
  }

  async #cutBack(): Promise<void> {
    const { active } = this.#state
    if (active) {
      this.#engine.openFiles.forget(active.segment.path)
      await this.#engine.openFiles.use(active.segment.path, 'write', async (file) => {
        await file.truncate(active.bytes)
        await file.sync()
      })
    }
    this.#mustCutBack = false
  }

  /** Makes the first segment, or the next one when the active one is full or is to be sealed. */
  async #makeRoom(mustSeal: boolean): Promise<void> {
    const { active } = this.#state
    const { segmentBytes, segmentFrames } = this.#engine.limits
    const isDone = active && (mustSeal || this.#hasBegunNext) && active.bytes > segmentHeaderBytes
    const hasRoom = active && active.bytes < segmentBytes && active.frameCount < segmentFrames
    const isWanted = active !== undefined || this.#waiting.length > 0
    if (!isWanted || (hasRoom && !isDone)) return
    await this.indexWritten()
    this.#hasBegunNext = true
    const next = await this.#makeSegment((active?.segment.sequence ?? 0) + 1)
    if (active) this.#seal(active)
    this.#state.active = next
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

  #seal(active: ActiveSegment): void {
    const { segment } = active
    const bytes = encodeActiveIndex(this.#state, active, true)
    const index = decodeIndex(bytes, segment)
    invariant(index, 'An index reads back as it was written.')
    segment.unwritten = { index, bytes }
    this.#state.sealed = [...this.#state.sealed, segment]
    this.#engine.openFiles.forget(segment.path)
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

/** Payloads below this are copied beside their headers: fewer chunks for the system call. */
const copiedBelowBytes = 16 * 1024

/** Also copied is what would keep much more memory alive, in the tail cache, than it holds. */
const isCopied = (payload: Uint8Array): boolean =>
  payload.length < copiedBelowBytes || payload.buffer.byteLength > 2 * payload.length

/** A group's frames as chunks to be written one after another, and the payloads as they are to be kept. */
function layOut(group: readonly Append[], groupNumber: number): { chunks: Uint8Array[]; payloads: Uint8Array[] } {
  const copied = group.reduce((sum, { payload }) => sum + (isCopied(payload) ? payload.length : 0), 0)
  const slab = Buffer.allocUnsafeSlow(copied + group.length * frameHeaderBytes)
  const chunks: Uint8Array[] = []
  const payloads: Uint8Array[] = []
  let start = 0
  let end = 0
  for (const { partition, payload } of group) {
    const origin = { partition: partition.number, group: groupNumber }
    if (isCopied(payload)) {
      end = putFrame(slab, end, origin, payload)
      payloads.push(slab.subarray(end - payload.length, end))
    } else {
      end = putFrameHeader(slab, end, origin, payload)
      payloads.push(payload)
      chunks.push(slab.subarray(start, end), payload)
      start = end
    }
  }
  if (end > start) chunks.push(slab.subarray(start, end))
  return { chunks, payloads }
}

/** Puts the offsets into the batches, and tells what they span. */
function stamp(partition: PartitionState, batches: readonly Uint8Array[]) {
  const baseOffset = partition.nextOffset
  let next = baseOffset
  let latest = -Infinity
  for (const batch of batches) {
    setBaseOffset(batch, next)
    setPartitionLeaderEpoch(batch, 0)
    const delta = lastOffsetDelta(batch)
    if (delta < 0) throw new KoineError('invalid_request', 'A record batch ends before it starts.')
    next += delta + 1
    latest = Math.max(latest, maxTimestampMs(batch))
  }
  if (!Number.isSafeInteger(next)) throw new KoineError('invalid_request', 'The partition has no more offsets.')
  partition.nextOffset = next
  return { baseOffset, endOffset: next, maxTimestampMs: latest }
}
