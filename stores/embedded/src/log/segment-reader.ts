import { invariant } from '@koine/base'
import {
  baseOffset,
  lastOffsetDelta,
  maxTimestampMs,
  recordBatchBytes,
  splitRecordBatches,
} from '@koine/protocols-kafka/record-batch'
import { CorruptSegment } from './corrupt-segment.ts'
import type { Engine } from './engine.ts'
import { frameAt, readFrames, type WantedFrame, wantedFrames } from './frame-runs.ts'
import { indexOf } from './index-store.ts'
import type { LogState, PartitionState } from './log-state.ts'
import { firstReaching } from './sealed-search.ts'
import type { Segment } from './segment.ts'
import { leaveDisk } from './tiers/segment-moves.ts'
import { withSegmentFile } from './tiers/segment-file.ts'
import { behindRow, type FrameTable, type PartitionReach, rowOf } from './segment-index.ts'

/** A partition's frames in one segment. */
interface Place {
  readonly segment: Segment
  readonly frames: FrameTable
  /** Where the partition has reached at the end of the segment. */
  readonly endOffset: number
}

/**
 * Reads a partition's batches: from the tail cache, then from the segments. Offsets may be missing anywhere: batches were
 * compacted away, and segments with them.
 */
export class SegmentReader {
  readonly #engine: Engine
  readonly #state: LogState
  /** Of batches, by where they came from. */
  readonly readBytes = { cache: 0, local: 0, tiered: 0 }

  constructor(engine: Engine, state: LogState) {
    this.#engine = engine
    this.#state = state
  }

  /** Whole batches from the one that holds `offset`, or the next; the caller keeps it within the bounds. */
  async read(partition: PartitionState, offset: number, bytesMax: number): Promise<Uint8Array[]> {
    const { endOffset } = partition
    const batches: Uint8Array[] = []
    let bytes = 0
    let next = offset
    while (next < endOffset && (bytes < bytesMax || batches.length === 0)) {
      const place = await this.#placeOf(partition, next)
      const frames = wantedFrames(place.frames, next, bytesMax - bytes)
      next = behindRow(place.frames, rowOf(place.frames, next) + frames.length - 1, place.endOffset)
      const payloads = await this.#payloads(partition.number, place, frames)
      for (const batch of payloads.flatMap(batchesOf)) {
        if (endOf(batch) <= offset) continue
        if (batches.length > 0 && bytes + batch.length > bytesMax) return batches
        batches.push(batch)
        bytes += batch.length
      }
    }
    return batches
  }

  /** The first batch from the partition's start on whose largest timestamp is at or after `timestampMs`. */
  async findTimestamp(
    partition: PartitionState,
    timestampMs: number,
  ): Promise<{ offset: number; timestampMs: number } | undefined> {
    if (partition.maxTimestampMs < timestampMs) return undefined
    const start = this.#state.known.startOffset(partition.number)
    const reaches = (reach: PartitionReach): boolean => reach.maxTimestampMs >= timestampMs && reach.endOffset > start
    for await (const place of this.#placesFrom(partition, reaches)) {
      for (let row = rowOf(place.frames, start); row < place.frames.count; row++) {
        if (place.frames.maxTimestampMs(row) < timestampMs) continue
        const [payload] = await this.#payloads(partition.number, place, [frameAt(place.frames, row)])
        const batch = batchesOf(payload!).find((each) => maxTimestampMs(each) >= timestampMs && endOf(each) > start)
        if (batch) return { offset: Math.max(baseOffset(batch), start), timestampMs: maxTimestampMs(batch) }
      }
    }
    return undefined
  }

  async #placeOf(partition: PartitionState, offset: number): Promise<Place> {
    const active = this.#activePlace(partition)
    if (active && offset >= active.frames.baseOffset(0)) return active
    for await (const place of this.#placesFrom(partition, ({ endOffset }) => endOffset > offset)) return place
    const what = `offset ${offset} of partition ${partition.number} is in none of its segments`
    throw new CorruptSegment(this.#state.directory, 0, what)
  }

  /** The partition's places from the segment on in which it reaches what is looked for. */
  async *#placesFrom(
    partition: PartitionState,
    reaches: (reach: PartitionReach) => boolean,
  ): AsyncGenerator<Place, void, undefined> {
    const { sealed } = this.#state
    const active = this.#activePlace(partition)
    const { number } = partition
    const first = await firstReaching(this.#engine, this.#state, sealed, { partition: number, reaches })
    for (const segment of sealed.slice(first)) {
      const index = await indexOf(this.#engine, this.#state, segment)
      const frames = index.frames(number)
      if (frames) yield { segment, frames, endOffset: index.reached(number)!.endOffset }
    }
    if (active) yield active
  }

  #activePlace({ number, endOffset }: PartitionState): Place | undefined {
    const { active } = this.#state
    const frames = active?.frames.get(number)
    return active && frames && { segment: active.segment, frames, endOffset }
  }

  async #readFrames(
    partition: number,
    segment: Segment,
    frames: readonly WantedFrame[],
  ): Promise<readonly Uint8Array[]> {
    try {
      return await withSegmentFile(this.#engine, segment, (file) => readFrames(file, segment, partition, frames))
    } catch (error) {
      // Where there is a copy of it in the blob store, that stands in for a damaged file from here on.
      if (error instanceof CorruptSegment && this.#engine.tier) await leaveDisk(this.#engine, this.#state, segment)
      throw error
    }
  }

  #count(segment: Segment, frames: readonly WantedFrame[], missing: readonly WantedFrame[]): void {
    const missed = bytesOf(missing)
    this.readBytes.cache += bytesOf(frames) - missed
    this.readBytes[segment.object ? 'tiered' : 'local'] += missed
  }

  /** The frames' payloads in order: from the cache, or read from the file. */
  async #payloads(partition: number, { segment }: Place, frames: readonly WantedFrame[]): Promise<Uint8Array[]> {
    const payloads = frames.map(
      ({ position }) => this.#engine.tailCache.get(segment, position) ?? segment.unsynced?.get(position),
    )
    const missing = frames.filter((_, at) => payloads[at] === undefined)
    this.#count(segment, frames, missing)
    if (missing.length === 0) return payloads as Uint8Array[]
    const rest = (await this.#readFrames(partition, segment, missing)).values()
    return payloads.map((payload) => payload ?? rest.next().value!)
  }
}

const bytesOf = (frames: readonly WantedFrame[]): number =>
  frames.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0)

const endOf = (batch: Uint8Array): number => baseOffset(batch) + lastOffsetDelta(batch) + 1

/** One batch, nearly always. */
function batchesOf(payload: Uint8Array): readonly Uint8Array[] {
  if (recordBatchBytes(payload) === payload.length) return [payload]
  const split = splitRecordBatches(payload)
  invariant(split.ok, 'A frame whose checksum holds has whole batches, as they were checked before.')
  return split.batches
}
