import { logLimits } from '@koine/stores-ports'
import {
  type FrameHeader,
  frameHeaderBytes,
  isFrameIntact,
  type PayloadSpan,
  readFrameHeader,
  spanOf,
} from './frame.ts'
import type { LogFile } from './log-files.ts'

export interface ScannedFrame extends PayloadSpan, Omit<FrameHeader, 'crc' | 'version'> {
  readonly position: number
}

const chunkBytes = 1024 * 1024

/**
 * Takes a frame, and its bytes for as long as it works. Where it returns a promise, the scan waits.
 */
export type FrameVisitor = (frame: ScannedFrame, bytes: Buffer) => void | Promise<void>

/**
 * Reads the frames of a segment from `start` on, one after another, and hands them to `onFrame`.
 * @returns where the last good frame ends: the size of the file when all are good
 */
export async function scanFrames(
  file: LogFile,
  start: number,
  onFrame: FrameVisitor,
): Promise<{ readonly goodBytes: number; readonly fileBytes: number }> {
  const window = new FileWindow(file, await file.size())
  const { fileBytes } = window
  let position = start
  while (position + frameHeaderBytes <= fileBytes) {
    const header = readFrameHeader(...(await window.at(position, frameHeaderBytes)))
    const bytes = frameHeaderBytes + header.payloadBytes
    if (header.payloadBytes > logLimits.appendBytes || position + bytes > fileBytes) break
    const [chunk, at] = await window.at(position, bytes)
    if (!isFrameIntact(chunk, at, header)) break
    const span = spanOf(chunk.subarray(at + frameHeaderBytes, at + bytes))
    if (!span) break
    const { partition, durableBytes, group, payloadBytes } = header
    const frame = { ...span, position, partition, durableBytes, group, payloadBytes }
    const working = onFrame(frame, chunk.subarray(at, at + bytes))
    if (working) await working
    position += bytes
  }
  return { goodBytes: position, fileBytes }
}

/** The part of a file that was read last. */
export class FileWindow {
  readonly #file: LogFile
  readonly fileBytes: number
  #chunk = Buffer.alloc(0)
  #start = 0

  constructor(file: LogFile, fileBytes: number) {
    this.#file = file
    this.fileBytes = fileBytes
  }

  /** A chunk that holds `bytes` from `position`, and where in it. The caller keeps within the file. */
  async at(position: number, bytes: number): Promise<[Buffer, number]> {
    if (position < this.#start || position + bytes > this.#start + this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes, chunkBytes), this.fileBytes - position))
      const read = await this.#file.read(this.#chunk, position)
      // A file that shrank under the scan reads as zeroes, which no frame is.
      this.#chunk.fill(0, read)
      this.#start = position
    }
    return [this.#chunk, position - this.#start]
  }
}
