/** Where a segment's frames are, by partition. */
export interface SegmentIndex {
  /** Memory that it takes. */
  readonly bytes: number
  /** Whether it knows the whole segment: it was made, or made again, when nothing could be added any more. */
  readonly isSealed: boolean
  /** How far into the segment file it knows. */
  readonly segmentBytes: number
  /** Of all the partition's frames in this segment. */
  payloadBytes(partition: number): number
  /** The partition's frames in this segment, in order; undefined when it has none. */
  frames(partition: number): FrameTable | undefined
  /** What is known of the partition at the end of the segment, from this and all earlier ones. */
  reached(partition: number): PartitionReach | undefined
  /** All partitions known at the end of the segment, by number. */
  partitions(): Iterable<number>
}

export interface PartitionReach {
  readonly endOffset: number
  /** The largest timestamp so far. */
  readonly maxTimestampMs: number
}

/** One partition's frames in one segment, columns by row. */
export interface FrameTable {
  readonly count: number
  baseOffset(row: number): number
  /** Of the frame, within the file. */
  position(row: number): number
  payloadBytes(row: number): number
  maxTimestampMs(row: number): number
}

/** The last row whose frame starts at or before `offset`; the first one starts there at the latest. */
export function rowOf(frames: FrameTable, offset: number): number {
  let low = 0
  let high = frames.count - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (frames.baseOffset(middle) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Where the offsets behind a row's frame begin: at its end or, where the next ones are missing, at the next frame. */
export const behindRow = (frames: FrameTable, row: number, endOffset: number): number =>
  row + 1 < frames.count ? frames.baseOffset(row + 1) : endOffset

/** What the frames hold from the one that holds `offset` on. */
export function payloadBytesFrom(frames: FrameTable, offset: number): number {
  let bytes = 0
  for (let row = rowOf(frames, offset); row < frames.count; row++) bytes += frames.payloadBytes(row)
  return bytes
}

/** A FrameTable that grows. */
export class FrameList implements FrameTable {
  /** Of all frames. */
  bytes = 0
  #count = 0
  /** Base offset and largest timestamp by turns. */
  #numbers = new Float64Array(8)
  /** Position and payload bytes by turns. */
  #places = new Uint32Array(8)

  get count(): number {
    return this.#count
  }

  push(frame: { baseOffset: number; maxTimestampMs: number; position: number; payloadBytes: number }): void {
    const at = this.#count * 2
    if (at === this.#numbers.length) this.#grow()
    this.#numbers[at] = frame.baseOffset
    this.#numbers[at + 1] = frame.maxTimestampMs
    this.#places[at] = frame.position
    this.#places[at + 1] = frame.payloadBytes
    this.bytes += frame.payloadBytes
    this.#count++
  }

  baseOffset(row: number): number {
    return this.#numbers[row * 2]!
  }

  maxTimestampMs(row: number): number {
    return this.#numbers[row * 2 + 1]!
  }

  position(row: number): number {
    return this.#places[row * 2]!
  }

  payloadBytes(row: number): number {
    return this.#places[row * 2 + 1]!
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2)
    numbers.set(this.#numbers)
    this.#numbers = numbers
    const places = new Uint32Array(this.#places.length * 2)
    places.set(this.#places)
    this.#places = places
  }
}
