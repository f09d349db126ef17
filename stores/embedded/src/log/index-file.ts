import { crc32c } from '@node-rs/crc32'
import type { Segment } from './segment.ts'
import { type FrameTable, type PartitionReach, payloadBytesFrom, type SegmentIndex } from './segment-index.ts'

/**
 * A segment's index on the disk, sorted by partition. Whatever is wrong with it, it can be made again from its segment.
 * Integers and doubles are big-endian.
 *
 * | at | field          | type   | |
 * |---:|----------------|--------|-|
 * |  0 | magic          | 8 bytes| `koineidx` |
 * |  8 | crc            | uint32 | CRC32C of all that follows it |
 * | 12 | version        | uint16 | 2 |
 * | 14 | sealed         | uint16 | 1: of a whole segment; 0: of one that may have grown since |
 * | 16 | sequence       | double | of the segment |
 * | 24 | segmentBytes   | double | how far into the segment it knows |
 * | 32 | partitionCount | uint32 | |
 * | 36 | frameCount     | uint32 | |
 * | 40 | generation     | uint32 | of the segment |
 * | 44 | reserved       | uint32 | 0 |
 * | 48 | partitions     | 40 bytes each: number, first frame, frames, payload bytes of all of them (uint32); 0, end offset, largest timestamp so far (double) | |
 * |    | frames         | 24 bytes each: base offset, largest timestamp (double); position, payload bytes (uint32) | |
 *
 * In version 1 there is no generation, the partitions start at 40, and their payload bytes are 0, whatever they are.
 *
 * The partitions are all that live at the time, also those without a frame here, so that the newest index alone tells
 * where each of them ends.
 */
const magic = Buffer.from('koineidx')
const version = 2
const headerBytesOf = { 1: 40, 2: 48 } as const
const headerBytes = headerBytesOf[version]
const partitionBytes = 40
const frameBytes = 24

/** Which file of a log it is. */
export type SegmentName = Pick<Segment, 'sequence' | 'generation'>

export interface IndexContents extends SegmentName {
  readonly isSealed: boolean
  readonly segmentBytes: number
  readonly partitions: readonly (PartitionReach & {
    readonly number: number
    readonly frames: FrameTable | undefined
  })[]
}

export function encodeIndex({ sequence, generation, isSealed, segmentBytes, partitions }: IndexContents): Buffer {
  const sorted = partitions.toSorted((a, b) => a.number - b.number)
  const frameCount = sorted.reduce((sum, { frames }) => sum + (frames?.count ?? 0), 0)
  const bytes = Buffer.alloc(headerBytes + sorted.length * partitionBytes + frameCount * frameBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  bytes.set(magic)
  view.setUint16(12, version)
  view.setUint16(14, isSealed ? 1 : 0)
  view.setFloat64(16, sequence)
  view.setFloat64(24, segmentBytes)
  view.setUint32(32, sorted.length)
  view.setUint32(36, frameCount)
  view.setUint32(40, generation)
  let first = 0
  for (const [row, { number, frames, endOffset, maxTimestampMs }] of sorted.entries()) {
    const at = headerBytes + row * partitionBytes
    view.setUint32(at, number)
    view.setUint32(at + 4, first)
    view.setUint32(at + 8, frames?.count ?? 0)
    view.setUint32(at + 12, frames ? payloadBytesOf(frames) : 0)
    view.setFloat64(at + 24, endOffset)
    view.setFloat64(at + 32, maxTimestampMs)
    if (frames) putFrames(view, headerBytes + sorted.length * partitionBytes + first * frameBytes, frames)
    first += frames?.count ?? 0
  }
  view.setUint32(8, crc32c(bytes.subarray(12)))
  return bytes
}

const payloadBytesOf = (frames: FrameTable): number => payloadBytesFrom(frames, -Infinity)

function putFrames(view: DataView, start: number, frames: FrameTable): void {
  for (let row = 0; row < frames.count; row++) {
    const at = start + row * frameBytes
    view.setFloat64(at, frames.baseOffset(row))
    view.setFloat64(at + 8, frames.maxTimestampMs(row))
    view.setUint32(at + 16, frames.position(row))
    view.setUint32(at + 20, frames.payloadBytes(row))
  }
}

/** The index of a segment, or undefined when the bytes aren't one. */
export function decodeIndex(bytes: Buffer, { sequence, generation }: SegmentName): SegmentIndex | undefined {
  if (bytes.length < headerBytesOf[1] || !bytes.subarray(0, magic.length).equals(magic)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(8) !== crc32c(bytes.subarray(12))) return undefined
  const found = view.getUint16(12)
  if ((found !== 1 && found !== version) || bytes.length < headerBytesOf[found]) return undefined
  const foundGeneration = found === 1 ? 0 : view.getUint32(40)
  if (view.getFloat64(16) !== sequence || foundGeneration !== generation) return undefined
  const tables = view.getUint32(32) * partitionBytes + view.getUint32(36) * frameBytes
  return bytes.length === headerBytesOf[found] + tables ? new IndexBytes(view, headerBytesOf[found]) : undefined
}

/** An index as it stands in its file: looked into, never unpacked. */
class IndexBytes implements SegmentIndex {
  readonly #view: DataView
  readonly #partitionsAt: number
  readonly #partitionCount: number

  constructor(view: DataView, partitionsAt: number) {
    this.#view = view
    this.#partitionsAt = partitionsAt
    this.#partitionCount = view.getUint32(32)
  }

  get bytes(): number {
    return this.#view.byteLength
  }

  get isSealed(): boolean {
    return this.#view.getUint16(14) === 1
  }

  get segmentBytes(): number {
    return this.#view.getFloat64(24)
  }

  payloadBytes(partition: number): number {
    const at = this.#find(partition)
    if (at === undefined) return 0
    if (this.#partitionsAt === headerBytes) return this.#view.getUint32(at + 12)
    const frames = this.frames(partition)
    return frames ? payloadBytesOf(frames) : 0
  }

  frames(partition: number): FrameTable | undefined {
    const at = this.#find(partition)
    if (at === undefined || this.#view.getUint32(at + 8) === 0) return undefined
    const start = this.#partitionsAt + this.#partitionCount * partitionBytes + this.#view.getUint32(at + 4) * frameBytes
    return new FrameRows(this.#view, start, this.#view.getUint32(at + 8))
  }

  reached(partition: number): PartitionReach | undefined {
    const at = this.#find(partition)
    if (at === undefined) return undefined
    return { endOffset: this.#view.getFloat64(at + 24), maxTimestampMs: this.#view.getFloat64(at + 32) }
  }

  *partitions(): Iterable<number> {
    for (let row = 0; row < this.#partitionCount; row++)
      yield this.#view.getUint32(this.#partitionsAt + row * partitionBytes)
  }

  #find(partition: number): number | undefined {
    let low = 0
    let high = this.#partitionCount - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const at = this.#partitionsAt + middle * partitionBytes
      const number = this.#view.getUint32(at)
      if (number === partition) return at
      if (number < partition) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }
}

class FrameRows implements FrameTable {
  readonly #view: DataView
  readonly #start: number
  readonly count: number

  constructor(view: DataView, start: number, count: number) {
    this.#view = view
    this.#start = start
    this.count = count
  }

  baseOffset(row: number): number {
    return this.#view.getFloat64(this.#start + row * frameBytes)
  }

  maxTimestampMs(row: number): number {
    return this.#view.getFloat64(this.#start + row * frameBytes + 8)
  }

  position(row: number): number {
    return this.#view.getUint32(this.#start + row * frameBytes + 16)
  }

  payloadBytes(row: number): number {
    return this.#view.getUint32(this.#start + row * frameBytes + 20)
  }
}
