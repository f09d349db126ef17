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
import { frameHeaderBytes, isFrameIntact, readFrameHeader } from './frame.ts'
import { indexOf } from './index-store.ts'
import type { LogFile } from './log-files.ts'
import type { ActiveSegment, LogState, PartitionState } from './log-state.ts'
import type { Segment } from './segment.ts'
import { type FrameTable, type PartitionReach, rowOf } from './segment-index.ts'

/** Frames of one segment that a read wants. */
interface Place {
  readonly segment: Segment
  readonly frames: FrameTable
}

interface WantedFrame {
  readonly position: number
  readonly payloadBytes: number
}

/** Neighbouring frames are read together when no more than this lies between them. */
const gapBytesMax = 64 * 1024
/** Of one read from the disk. */
const runBytesMax = 8 * 1024 * 1024

/** Reads a partition's batches: from the tail cache, then from the segments. */
export class SegmentReader {
  readonly #engine: Engine
  readonly #state: LogState

  constructor(engine: Engine, state: LogState) {
    this.#engine = engine
    this.#state = state
  }

  /** Whole batches from the one that holds `offset`; the caller keeps it within the bounds. */
  async read(partition: PartitionState, offset: number, bytesMax: number): Promise<Uint8Array[]> {
    const { endOffset } = partition
    const batches: Uint8Array[] = []
    let bytes = 0
    let next = offset
    while (next < endOffset && (bytes < bytesMax || batches.length === 0)) {
      const place = await this.#placeOf(partition, next)
      const payloads = await this.#payloads(partition.number, place, wanted(place.frames, next, bytesMax - bytes))
      for (const batch of payloads.flatMap(batchesOf)) {
        const behind = baseOffset(batch) + lastOffsetDelta(batch) + 1
        if (behind <= offset) continue
        if (batches.length > 0 && bytes + batch.length > bytesMax) return batches
        batches.push(batch)
        bytes += batch.length
        next = behind
      }
    }
    return batches
  }

  /** The first batch whose largest timestamp is at or after `timestampMs`. */
  async findTimestamp(
    partition: PartitionState,
    timestampMs: number,
  ): Promise<{ offset: number; timestampMs: number } | undefined> {
    if (partition.maxTimestampMs < timestampMs) return undefined
    const { active } = this.#state
    const sealed = await this.#firstSealed(partition.number, (reach) => reach.maxTimestampMs >= timestampMs)
    const place = sealed ?? placeIn(active, partition.number)
    if (!place) throw this.#missing(`timestamp ${timestampMs}`)
    let row = 0
    while (row < place.frames.count && place.frames.maxTimestampMs(row) < timestampMs) row++
    if (row === place.frames.count) throw this.#missing(`timestamp ${timestampMs}`)
    const [payload] = await this.#payloads(partition.number, place, [frameAt(place.frames, row)])
    const batch = batchesOf(payload!).find((each) => maxTimestampMs(each) >= timestampMs)
    if (!batch) throw this.#missing(`timestamp ${timestampMs}`)
    return { offset: baseOffset(batch), timestampMs: maxTimestampMs(batch) }
  }

  async #placeOf(partition: PartitionState, offset: number): Promise<Place> {
    const active = placeIn(this.#state.active, partition.number)
    if (active && offset >= active.frames.baseOffset(0)) return active
    const sealed = await this.#firstSealed(partition.number, (reach) => reach.endOffset > offset)
    if (!sealed) throw this.#missing(`offset ${offset} of partition ${partition.number}`)
    return sealed
  }

  /** The first sealed segment at whose end the partition has reached what is looked for: it holds the crossing. */
  async #firstSealed(partition: number, reaches: (reach: PartitionReach) => boolean): Promise<Place | undefined> {
    const { sealed } = this.#state
    let low = 0
    let high = sealed.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const reach = (await indexOf(this.#engine, this.#state, sealed[middle]!)).reached(partition)
      if (reach && reaches(reach)) high = middle
      else low = middle + 1
    }
    const segment = sealed[low]
    if (!segment) return undefined
    const frames = (await indexOf(this.#engine, this.#state, segment)).frames(partition)
    return frames && { segment, frames }
  }

  /** The frames' payloads in order: from the cache, or read in runs of neighbours. */
  async #payloads(partition: number, { segment }: Place, frames: readonly WantedFrame[]): Promise<Uint8Array[]> {
    const payloads = frames.map(({ position }) => this.#engine.tailCache.get(segment, position))
    const missing = frames.filter((_, at) => payloads[at] === undefined)
    if (missing.length === 0) return payloads as Uint8Array[]
    const read = await this.#engine.openFiles.use(segment.path, 'read', (file) =>
      Promise.all(runsOf(missing).map((run) => readRun(file, segment, partition, run))),
    )
    const rest = read.flat().values()
    return payloads.map((payload) => payload ?? rest.next().value!)
  }

  #missing(what: string): CorruptSegment {
    return new CorruptSegment(this.#state.directory, 0, `${what} is in none of its segments`)
  }
}

function placeIn(active: ActiveSegment | undefined, partition: number): Place | undefined {
  const frames = active?.frames.get(partition)
  return active && frames && { segment: active.segment, frames }
}

const frameAt = (frames: FrameTable, row: number): WantedFrame => ({
  position: frames.position(row),
  payloadBytes: frames.payloadBytes(row),
})

/** The frames from the one that holds `offset`, up to `bytesMax` and at least that one. */
function wanted(frames: FrameTable, offset: number, bytesMax: number): WantedFrame[] {
  const rows: WantedFrame[] = []
  let bytes = 0
  for (let row = rowOf(frames, offset); row < frames.count; row++) {
    const frame = frameAt(frames, row)
    bytes += frame.payloadBytes
    if (rows.length > 0 && bytes > bytesMax) break
    rows.push(frame)
  }
  return rows
}

const endOf = ({ position, payloadBytes }: WantedFrame): number => position + frameHeaderBytes + payloadBytes

/** Cuts frames, which ascend, into runs that are read in one go. */
function runsOf(frames: readonly WantedFrame[]): WantedFrame[][] {
  const runs: WantedFrame[][] = []
  for (const frame of frames) {
    const run = runs.at(-1)
    const near = run && frame.position - endOf(run.at(-1)!) <= gapBytesMax
    if (near && endOf(frame) - run[0]!.position <= runBytesMax) run.push(frame)
    else runs.push([frame])
  }
  return runs
}

async function readRun(
  file: LogFile,
  segment: Segment,
  partition: number,
  run: readonly WantedFrame[],
): Promise<Uint8Array[]> {
  const start = run[0]!.position
  const bytes = Buffer.allocUnsafeSlow(endOf(run.at(-1)!) - start)
  const read = await file.read(bytes, start)
  return run.map((frame) => {
    const at = frame.position - start
    if (endOf(frame) - start > read) throw new CorruptSegment(segment.path, frame.position, 'the file ends before')
    const header = readFrameHeader(bytes, at)
    const same = header.partition === partition && header.payloadBytes === frame.payloadBytes
    if (!same || !isFrameIntact(bytes, at, header)) {
      throw new CorruptSegment(segment.path, frame.position, 'the frame there is damaged')
    }
    return bytes.subarray(at + frameHeaderBytes, at + frameHeaderBytes + frame.payloadBytes)
  })
}

/** One batch, nearly always. */
function batchesOf(payload: Uint8Array): readonly Uint8Array[] {
  if (recordBatchBytes(payload) === payload.length) return [payload]
  const split = splitRecordBatches(payload)
  invariant(split.ok, 'A frame holds whole batches.')
  return split.batches
}
