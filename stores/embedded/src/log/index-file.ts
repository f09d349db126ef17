import { crc32c } from '@node-rs/crc32'
import type { FrameTable, PartitionReach, SegmentIndex } from './segment-index.ts'

/**
 * A segment's index on the disk, sorted by partition. Whatever is wrong with it, it can be made again from its segment.
 * Integers and doubles are big-endian.
 *
 * | at | field          | type   | |
 * |---:|----------------|--------|-|
 * |  0 | magic          | 8 bytes| `koineidx` |
 * |  8 | crc            | uint32 | CRC32C of all that follows it |
 * | 12 | version        | uint16 | 1 |
 * | 14 | sealed         | uint16 | 1: of a whole segment; 0: of one that may have grown since |
 * | 16 | sequence       | double | of the segment |
 * | 24 | segmentBytes   | double | how far into the segment it knows |
 * | 32 | partitionCount | uint32 | |
 * | 36 | frameCount     | uint32 | |
 * | 40 | partitions     | 40 bytes each: number, first frame, frames, 0 (uint32); start offset, end offset, largest timestamp so far (double) | |
 * |    | frames         | 24 bytes each: base offset, largest timestamp (double); position, payload bytes (uint32) | |
 *
 * The partitions are all that live at the time, also those without a frame here, so that the newest index alone tells
 * where each of them ends.
 */
const magic = Buffer.from('koineidx')
const version = 1
const headerBytes = 40
const partitionBytes = 40
const frameBytes = 24

export interface IndexContents {
  readonly sequence: number
  readonly isSealed: boolean
  readonly segmentBytes: number
  readonly partitions: readonly (PartitionReach & {
    readonly number: number
    readonly frames: FrameTable | undefined
  })[]
}

export function encodeIndex({ sequence, isSealed, segmentBytes, partitions }: IndexContents): Buffer {
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
  let first = 0
  for (const [row, { number, frames, endOffset, maxTimestampMs }] of sorted.entries()) {
    const at = headerBytes + row * partitionBytes
    view.setUint32(at, number)
    view.setUint32(at + 4, first)
    view.setUint32(at + 8, frames?.count ?? 0)
    view.setFloat64(at + 16, 0)
    view.setFloat64(at + 24, endOffset)
    view.setFloat64(at + 32, maxTimestampMs)
    if (frames) putFrames(view, headerBytes + sorted.length * partitionBytes + first * frameBytes, frames)
    first += frames?.count ?? 0
  }
  view.setUint32(8, crc32c(bytes.subarray(12)))
  return bytes
}

function putFrames(view: DataView, start: number, frames: FrameTable): void {
  for (let row = 0; row < frames.count; row++) {
    const at = start + row * frameBytes
    view.setFloat64(at, frames.baseOffset(row))
    view.setFloat64(at + 8, frames.maxTimestampMs(row))
    view.setUint32(at + 16, frames.position(row))
    view.setUint32(at + 20, frames.payloadBytes(row))
  }
}

/** The index of segment `sequence`, or undefined when the bytes aren't one. */
export function decodeIndex(bytes: Buffer, sequence: number): SegmentIndex | undefined {
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(8) !== crc32c(bytes.subarray(12))) return undefined
  if (view.getUint16(12) !== version || view.getFloat64(16) !== sequence) return undefined
  return new IndexBytes(view)
}

/** An index as it stands in its file: looked into, never unpacked. */
class IndexBytes implements SegmentIndex {
  readonly #view: DataView
  readonly #partitionCount: number

  constructor(view: DataView) {
    this.#view = view
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

  frames(partition: number): FrameTable | undefined {
    const at = this.#find(partition)
    if (at === undefined || this.#view.getUint32(at + 8) === 0) return undefined
    const start = headerBytes + this.#partitionCount * partitionBytes + this.#view.getUint32(at + 4) * frameBytes
    return new FrameRows(this.#view, start, this.#view.getUint32(at + 8))
  }

  reached(partition: number): PartitionReach | undefined {
    const at = this.#find(partition)
    if (at === undefined) return undefined
    return { endOffset: this.#view.getFloat64(at + 24), maxTimestampMs: this.#view.getFloat64(at + 32) }
  }

  *partitions(): Iterable<number> {
    for (let row = 0; row < this.#partitionCount; row++) yield this.#view.getUint32(headerBytes + row * partitionBytes)
  }

  #find(partition: number): number | undefined {
    let low = 0
    let high = this.#partitionCount - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const at = headerBytes + middle * partitionBytes
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
