import type { Engine } from '../engine.ts'
import { frameHeaderBytes } from '../frame.ts'
import { encodeIndex } from '../index-file.ts'
import { indexOf } from '../index-store.ts'
import type { LogState } from '../log-state.ts'
import { type Segment, segmentHeader, segmentHeaderBytes } from '../segment.ts'
import { FrameList, rowOf } from '../segment-index.ts'
import { gatherFrames, type MovedFrame } from './gather-frames.ts'
import { encodeTrailer, trailerBytes } from './object-format.ts'

const chunkBytes = 1024 * 1024
const windowBytes = 8 * chunkBytes

/** A segment as it is to be in the blob store: laid out, and not read yet. */
export interface SortedSegment {
  readonly segment: Segment
  readonly generation: number
  /** In the order of the object. */
  readonly moves: readonly PartitionMoves[]
  readonly segmentBytes: number
  /** The index as it stands in the footer. */
  readonly index: Buffer
}

/** The frames of one partition that stay. */
interface PartitionMoves {
  readonly number: number
  /** Where they stand in the segment, and their places in the object. */
  readonly from: Uint32Array
  readonly to: FrameList
}

export const objectBytes = ({ segmentBytes, index }: SortedSegment): number =>
  segmentBytes + index.length + trailerBytes

/** Lays out the next generation of a sealed segment, sorted by partition and then offset, without what is dead in it. */
export async function sortSegment(
  engine: Engine,
  state: LogState,
  { segment, generation }: { readonly segment: Segment; readonly generation: number },
): Promise<SortedSegment> {
  const { known } = state
  const before = await indexOf(engine, state, segment)
  const live = [...before.partitions()].filter((number) => known.isLive(number))
  const moves: PartitionMoves[] = []
  let position = segmentHeaderBytes
  for (const number of live) {
    const frames = before.frames(number)
    const start = known.startOffset(number)
    if (!frames || before.reached(number)!.endOffset <= start) continue
    const first = rowOf(frames, start)
    const from = new Uint32Array(frames.count - first)
    const to = new FrameList()
    for (let row = first; row < frames.count; row++) {
      const payloadBytes = frames.payloadBytes(row)
      from[row - first] = frames.position(row)
      to.push({
        baseOffset: frames.baseOffset(row),
        maxTimestampMs: frames.maxTimestampMs(row),
        position,
        payloadBytes,
      })
      position += frameHeaderBytes + payloadBytes
    }
    moves.push({ number, from, to })
  }
  const listOf = new Map(moves.map(({ number, to }) => [number, to]))
  const partitions = live.map((number) => ({ number, ...before.reached(number)!, frames: listOf.get(number) }))
  const { sequence } = segment
  const index = encodeIndex({ sequence, generation, isSealed: true, segmentBytes: position, partitions })
  return { segment, generation, moves, segmentBytes: position, index }
}

/**
 * The object's bytes, in chunks: of a window of them at a time, the frames are looked up in the segment and put in order.
 * @throws CorruptSegment where a frame is damaged: it is never copied
 */
export async function* bodyOf(engine: Engine, sorted: SortedSegment): AsyncGenerator<Uint8Array, void, undefined> {
  const { segment, generation, index } = sorted
  yield segmentHeader({ generation })
  for (const frames of windowsOf(sorted)) {
    const bytes = await engine.openFiles.use(segment.path, 'read', (file) => gatherFrames(file, segment, frames))
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  yield index
  yield encodeTrailer(index.length)
}

/** The frames in the order of the object, as many at a time as are gathered in memory. */
function* windowsOf({ moves }: SortedSegment): Generator<MovedFrame[], void, undefined> {
  let frames: MovedFrame[] = []
  let windowed = 0
  for (const { number, from, to } of moves) {
    for (let row = 0; row < from.length; row++) {
      const bytes = frameHeaderBytes + to.payloadBytes(row)
      if (frames.length > 0 && windowed + bytes > windowBytes) {
        yield frames
        frames = []
        windowed = 0
      }
      frames.push({ partition: number, from: from[row]!, to: to.position(row), bytes })
      windowed += bytes
    }
  }
  if (frames.length > 0) yield frames
}
