import { CorruptSegment } from './corrupt-segment.ts'
import type { ScannedFrame } from './frame-scanner.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'
import { encodeIndex } from './index-file.ts'
import { FrameList, type PartitionReach } from './segment-index.ts'

/** One partition, as far as it can be read and as far as it is promised. */
export interface PartitionState {
  readonly number: number
  /** One past the last record that can be read. */
  endOffset: number
  /** What the next append gets: ahead of `endOffset` by what waits for the disk. */
  nextOffset: number
  /** The largest timestamp of a record that can be read; -Infinity when there is none. */
  maxTimestampMs: number
}

/** The segment that is appended to. It knows of acknowledged frames only. */
export class ActiveSegment {
  readonly segment: Segment
  readonly frames = new Map<number, FrameList>()
  /** How much of the file is acknowledged and can be read. */
  bytes = segmentHeaderBytes
  /** How much of the file is on the disk: less than `bytes` where that was not asked for, more where it isn't answered yet. */
  durableBytes = segmentHeaderBytes
  frameCount = 0
  /** Begun by an earlier version of the program, in an earlier format: nothing is added to it. */
  isOld = false

  constructor(segment: Segment) {
    this.segment = segment
  }

  add(partition: number, frame: Parameters<FrameList['push']>[0]): void {
    let list = this.frames.get(partition)
    if (!list) this.frames.set(partition, (list = new FrameList()))
    list.push(frame)
    this.frameCount++
  }
}

/** What the tenant's tables tell of its partitions, by number. */
export interface KnownPartitions {
  /** Whether the partition belongs to a topic that exists. */
  isLive(partition: number): boolean
  /** What lies before is given up, durably. */
  startOffset(partition: number): number
  /** Before this, offsets may be missing: given up, or compacted away. */
  gapsBefore(partition: number): number
  /** Those that are live and start behind 0. */
  started(): Iterable<number>
}

/** One tenant's log in memory. */
export interface LogState {
  readonly directory: string
  readonly known: KnownPartitions
  /** Oldest first. Replaced, never changed. */
  sealed: readonly Segment[]
  /** None before the first append. */
  active: ActiveSegment | undefined
  /** Those that hold records, and those that are in use. */
  readonly partitions: Map<number, PartitionState>
}

export function partitionState(state: LogState, number: number, reach?: PartitionReach): PartitionState {
  let partition = state.partitions.get(number)
  if (!partition) {
    const endOffset = reach?.endOffset ?? 0
    partition = { number, endOffset, nextOffset: endOffset, maxTimestampMs: reach?.maxTimestampMs ?? -Infinity }
    state.partitions.set(number, partition)
  }
  return partition
}

/**
 * Takes a frame that stands in a segment into the segment's index and the partition's bounds.
 * @throws CorruptSegment when its offsets overlap those before, or leave out some that nobody gave up
 */
export function takeFrame(state: LogState, active: ActiveSegment, frame: ScannedFrame): void {
  if (!state.known.isLive(frame.partition)) return
  const partition = partitionState(state, frame.partition)
  const { baseOffset } = frame
  const isGap = baseOffset > partition.endOffset && baseOffset <= state.known.gapsBefore(frame.partition)
  if (baseOffset !== partition.endOffset && !isGap) {
    const what = `offset ${baseOffset} of partition ${frame.partition} follows ${partition.endOffset}`
    throw new CorruptSegment(active.segment.path, frame.position, what)
  }
  active.add(frame.partition, frame)
  partition.endOffset = frame.endOffset
  partition.nextOffset = frame.endOffset
  partition.maxTimestampMs = Math.max(partition.maxTimestampMs, frame.maxTimestampMs)
}

/** A partition whose newest records were given up, and left the disk, ends where it starts. */
export function endAtLeastWhereStarted(state: LogState): void {
  for (const number of state.known.started()) {
    const partition = partitionState(state, number)
    partition.endOffset = Math.max(partition.endOffset, state.known.startOffset(number))
    partition.nextOffset = partition.endOffset
  }
}

/** The active segment's index, as far as it is acknowledged, with where every partition ends. */
export const encodeActiveIndex = ({ partitions }: LogState, active: ActiveSegment, isSealed: boolean): Buffer =>
  encodeIndex({
    sequence: active.segment.sequence,
    generation: active.segment.generation,
    isSealed,
    segmentBytes: active.bytes,
    partitions: [...partitions.values()].map(({ number, endOffset, maxTimestampMs }) => ({
      number,
      endOffset,
      maxTimestampMs,
      frames: active.frames.get(number),
    })),
  })
