import { baseOffset } from '@koine/protocols-kafka/record-batch'
import { CorruptSegment } from './corrupt-segment.ts'
import { frameHeaderBytes, isFrameIntact, readFrameHeader } from './frame.ts'
import type { LogFile } from './log-files.ts'
import type { Segment } from './segment.ts'
import { type FrameTable, rowOf } from './segment-index.ts'

/** A frame that is to be read from its segment. */
export interface WantedFrame {
  readonly position: number
  readonly payloadBytes: number
  readonly baseOffset: number
}

/** Neighbouring frames are read together when no more than this lies between them. */
const gapBytesMax = 64 * 1024
/** Of one read from the disk. */
const runBytesMax = 8 * 1024 * 1024

export const frameAt = (frames: FrameTable, row: number): WantedFrame => ({
  position: frames.position(row),
  payloadBytes: frames.payloadBytes(row),
  baseOffset: frames.baseOffset(row),
})

/** The frames from the one that holds `offset`, up to `bytesMax` and at least that one. */
export function wantedFrames(frames: FrameTable, offset: number, bytesMax: number): WantedFrame[] {
  const wanted: WantedFrame[] = []
  let bytes = 0
  for (let row = rowOf(frames, offset); row < frames.count; row++) {
    bytes += frames.payloadBytes(row)
    if (wanted.length > 0 && bytes > bytesMax) break
    wanted.push(frameAt(frames, row))
  }
  return wanted
}

/** Reads frames, which ascend, in runs of neighbours, and returns their payloads. */
export async function readFrames(
  file: LogFile,
  segment: Segment,
  partition: number,
  frames: readonly WantedFrame[],
): Promise<Uint8Array[]> {
  // What is viewed isn't read: frames need no neighbours for it.
  const runs = file.view ? frames.map((frame) => [frame]) : runsOf(frames)
  const payloads = await Promise.all(runs.map((run) => readRun(file, segment, partition, run)))
  return payloads.flat()
}

const endOf = ({ position, payloadBytes }: WantedFrame): number => position + frameHeaderBytes + payloadBytes

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

async function bytesAt(file: LogFile, position: number, length: number): Promise<Buffer> {
  if (file.view) return file.view(position, length)
  const bytes = Buffer.allocUnsafeSlow(length)
  return bytes.subarray(0, await file.read(bytes, position))
}

async function readRun(
  file: LogFile,
  segment: Segment,
  partition: number,
  run: readonly WantedFrame[],
): Promise<Uint8Array[]> {
  const start = run[0]!.position
  const bytes = await bytesAt(file, start, endOf(run.at(-1)!) - start)
  return run.map((frame) => {
    const at = frame.position - start
    if (endOf(frame) - start > bytes.length)
      throw new CorruptSegment(segment.path, frame.position, 'the file ends before')
    const header = readFrameHeader(bytes, at)
    const payload = bytes.subarray(at + frameHeaderBytes, at + frameHeaderBytes + frame.payloadBytes)
    const isThat =
      header.partition === partition &&
      header.payloadBytes === frame.payloadBytes &&
      isFrameIntact(bytes, at, header) &&
      baseOffset(payload) === frame.baseOffset
    if (!isThat) throw new CorruptSegment(segment.path, frame.position, 'the frame there is damaged')
    return payload
  })
}
