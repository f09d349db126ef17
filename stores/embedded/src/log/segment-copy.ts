import { invariant } from '@koine/base'
import { CorruptSegment } from './corrupt-segment.ts'
import type { Engine } from './engine.ts'
import { frameHeaderBytes, putFrame, spanOf } from './frame.ts'
import { scanFrames, type ScannedFrame } from './frame-scanner.ts'
import { decodeIndex, encodeIndex } from './index-file.ts'
import { indexOf, writeIndex } from './index-store.ts'
import { type LogFile, writeAll } from './log-files.ts'
import type { LogState } from './log-state.ts'
import {
  hasSegmentHeader,
  type Segment,
  segmentAt,
  segmentHeaderBytes,
  unfinishedPath,
  writeSegmentHeader,
} from './segment.ts'
import { FrameList } from './segment-index.ts'
import { scanSegmentFile } from './tiers/segment-file.ts'

/** What becomes of a frame: the same payload when it stays, another one of fewer bytes, or undefined when it goes. */
export type FrameChange = (frame: ScannedFrame, payload: Uint8Array) => Uint8Array | undefined

export interface CopyOptions {
  readonly segment: Segment
  /** Of the copy: later than the segment's, and never tried before. */
  readonly generation: number
  readonly change: FrameChange
}

const copyBytes = 1024 * 1024

/**
 * Makes the next generation of a sealed segment, with its index, beside it and durable, but for its name: it counts once
 * `unfinishedPath` is renamed to its path. Reads the segment once and writes nothing when all frames stay.
 * @returns undefined when all frames stay
 * @throws CorruptSegment
 */
export async function copySegment(
  engine: Engine,
  state: LogState,
  { segment, generation, change }: CopyOptions,
): Promise<Segment | undefined> {
  const next = segmentAt(state.directory, segment.sequence, generation)
  const copy = new SegmentCopy(engine, next)
  const found = await scanSegmentFile(engine, segment, async (file) => {
    if (!(await hasSegmentHeader(file, segment))) throw new CorruptSegment(segment.path, 0, 'it is cut off')
    return scanFrames(file, segmentHeaderBytes, (frame, bytes) => {
      const payload = bytes.subarray(frameHeaderBytes)
      const kept = change(frame, payload)
      if (kept === payload) return copy.keep(frame, bytes)
      return copy.replace(frame, kept, file)
    })
  })
  if (found.goodBytes < found.fileBytes) {
    throw new CorruptSegment(segment.path, found.goodBytes, 'a frame there is damaged')
  }
  if (!copy.hasChanged) return undefined
  await finish(engine, state, { segment, next, copy })
  return next
}

/** Makes the copy durable, and its index: with the reach that the partitions had, whatever of them is left. */
async function finish(
  engine: Engine,
  state: LogState,
  { segment, next, copy }: { readonly segment: Segment; readonly next: Segment; readonly copy: SegmentCopy },
): Promise<void> {
  await copy.sync()
  const before = await indexOf(engine, state, segment)
  const partitions = [...before.partitions()]
    .filter((number) => state.known.isLive(number))
    .map((number) => ({ number, ...before.reached(number)!, frames: copy.frames.get(number) }))
  const bytes = encodeIndex({ ...next, isSealed: true, segmentBytes: copy.bytes, partitions })
  await writeIndex(engine, next, bytes)
  const index = decodeIndex(bytes, next)
  invariant(index, 'An index reads back as it was written.')
  engine.indexCache.put(next, index)
}

/** The file that is made. It is begun with the first frame that changes: until then it would be the same. */
class SegmentCopy {
  readonly frames = new Map<number, FrameList>()
  readonly #engine: Engine
  readonly #next: Segment
  /** What is to be written next, and where. */
  #chunks: Buffer[] = []
  #chunkBytes = 0
  #position = segmentHeaderBytes
  hasChanged = false

  constructor(engine: Engine, next: Segment) {
    this.#engine = engine
    this.#next = next
  }

  /** With what is still to be written. */
  get bytes(): number {
    return this.#position + this.#chunkBytes
  }

  keep(frame: ScannedFrame, bytes: Buffer): void | Promise<void> {
    this.#note(frame)
    if (!this.hasChanged) this.#position += bytes.length
    else return this.#write(Buffer.from(bytes))
  }

  async replace(frame: ScannedFrame, payload: Uint8Array | undefined, source: LogFile): Promise<void> {
    if (!this.hasChanged) await this.#begin(source)
    if (payload === undefined) return
    const span = spanOf(payload)
    invariant(span, 'A frame is replaced by whole batches.')
    this.#note({ ...frame, ...span, payloadBytes: payload.length })
    const bytes = Buffer.allocUnsafeSlow(frameHeaderBytes + payload.length)
    putFrame(bytes, 0, frame, payload)
    await this.#write(bytes)
  }

  async sync(): Promise<void> {
    await this.#flush()
    await this.#use((file) => file.sync())
    this.#engine.openFiles.forget(unfinishedPath(this.#next))
  }

  #note(frame: ScannedFrame): void {
    let list = this.frames.get(frame.partition)
    if (!list) this.frames.set(frame.partition, (list = new FrameList()))
    list.push({ ...frame, position: this.bytes })
  }

  /** Takes over what stayed so far. */
  async #begin(source: LogFile): Promise<void> {
    this.hasChanged = true
    await this.#use(async (file) => {
      await writeSegmentHeader(file, this.#next)
      const chunk = Buffer.allocUnsafeSlow(Math.min(copyBytes, this.#position))
      for (let at = segmentHeaderBytes; at < this.#position; at += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, this.#position - at))
        const read = await source.read(part, at)
        invariant(read === part.length, 'A sealed segment does not shrink.')
        await writeAll(file, [part], at)
      }
    })
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#chunks.push(bytes)
    this.#chunkBytes += bytes.length
    if (this.#chunkBytes >= copyBytes) await this.#flush()
  }

  async #flush(): Promise<void> {
    const chunks = this.#chunks
    if (chunks.length === 0) return
    await this.#use((file) => writeAll(file, [Buffer.concat(chunks)], this.#position))
    this.#position += this.#chunkBytes
    this.#chunks = []
    this.#chunkBytes = 0
  }

  #use(action: (file: LogFile) => Promise<void>): Promise<void> {
    return this.#engine.openFiles.use(unfinishedPath(this.#next), 'write', action)
  }
}
