import { CorruptSegment } from '../corrupt-segment.ts'
import { frameHeaderBytes, isFrameIntact, readFrameHeader } from '../frame.ts'
import type { LogFile } from '../log-files.ts'
import type { Segment } from '../segment.ts'

/** A frame that goes from one place to another. */
export interface MovedFrame {
  readonly partition: number
  readonly from: number
  readonly to: number
  /** With its header. */
  readonly bytes: number
}

/** Frames are read together when no more than this lies between them: as much as another read costs. */
const gapBytesMax = 32 * 1024
const runBytesMax = 1024 * 1024

/**
 * Reads frames that lie anywhere in a segment and returns them as they follow one another in their new places.
 * @param frames by their new places, without gaps there
 * @throws CorruptSegment where a frame is damaged
 */
export async function gatherFrames(file: LogFile, segment: Segment, frames: readonly MovedFrame[]): Promise<Buffer> {
  const start = frames[0]!.to
  const last = frames.at(-1)!
  const gathered = Buffer.allocUnsafeSlow(last.to + last.bytes - start)
  let scratch = Buffer.alloc(0)
  for (const run of runsOf(frames.toSorted((a, b) => a.from - b.from))) {
    const first = run[0]!.from
    const bytes = endOf(run.at(-1)!) - first
    if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(Math.max(bytes, runBytesMax))
    const read = await file.read(scratch.subarray(0, bytes), first)
    if (read < bytes) throw new CorruptSegment(segment.path, first + read, 'the file ends before its last frame')
    for (const frame of run) {
      const at = frame.to - start
      scratch.copy(gathered, at, frame.from - first, endOf(frame) - first)
      if (!isIntact(gathered, at, frame))
        throw new CorruptSegment(segment.path, frame.from, 'the frame there is damaged')
    }
  }
  return gathered
}

function* runsOf(sorted: readonly MovedFrame[]): Generator<MovedFrame[], void, undefined> {
  let run: MovedFrame[] = []
  for (const frame of sorted) {
    const isNear = run.length > 0 && frame.from - endOf(run.at(-1)!) <= gapBytesMax
    if (run.length > 0 && !(isNear && endOf(frame) - run[0]!.from <= runBytesMax)) {
      yield run
      run = []
    }
    run.push(frame)
  }
  if (run.length > 0) yield run
}

const endOf = ({ from, bytes }: MovedFrame): number => from + bytes

function isIntact(gathered: Buffer, at: number, { partition, bytes }: MovedFrame): boolean {
  const header = readFrameHeader(gathered, at)
  const isThat = header.partition === partition && header.payloadBytes === bytes - frameHeaderBytes
  return isThat && isFrameIntact(gathered, at, header)
}
