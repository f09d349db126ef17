import { recordBatchLimits } from './limits.ts'
import { CorruptRecordBatch } from './problem.ts'

/** Bytes of `value` as a zigzag varint. A whole number within ±2^52. */
export function varintBytes(value: number): number {
  let rest = zigzag(value)
  let bytes = 1
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80)
    bytes++
  }
  return bytes
}

/** Writes `value` as a zigzag varint and returns where it ends. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = zigzag(value)
  let end = at
  while (rest >= 0x80) {
    bytes[end++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  bytes[end++] = rest
  return end
}

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1)

/** Reads one field after another; whatever does not fit throws CorruptRecordBatch. */
export class RecordReader {
  readonly #bytes: Uint8Array
  #at: number
  #elementsLeft: number = recordBatchLimits.elements

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new CorruptRecordBatch('truncated', 'a record ends early')
    return this.#bytes[this.#at++]!
  }

  /** A zigzag varint within ±2^52. Up to 28 bits are read as integers; what is longer, with doubles. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    return this.#longVarint(value)
  }

  #longVarint(low: number): number {
    let value = low
    for (let scale = 2 ** 28; scale <= 2 ** 63; scale *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw new CorruptRecordBatch('bad-records', 'a varint is out of range')
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
    }
    throw new CorruptRecordBatch('bad-records', 'a varint is longer than ten bytes')
  }

  /** A view of the next `length` bytes; not a copy. */
  take(length: number): Uint8Array {
    if (length < 0 || length > this.left) throw new CorruptRecordBatch('bad-records', 'a length exceeds its record')
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /** Held against what is left, and against the bound. @param bytesMin what one element takes at least */
  elements(count: number, bytesMin: number): number {
    if (count < 0 || count * bytesMin > this.left) throw new CorruptRecordBatch('bad-count', `${count} don't fit in it`)
    this.#elementsLeft -= count
    if (this.#elementsLeft < 0) {
      throw new CorruptRecordBatch('too-large', `it has over ${recordBatchLimits.elements} records and headers`)
    }
    return count
  }

  skip(length: number): void {
    if (length < 0 || length > this.left) throw new CorruptRecordBatch('bad-records', 'a length exceeds its record')
    this.#at += length
  }

  skipNullableBytes(): void {
    const length = this.varint()
    if (length !== -1) this.skip(length)
  }

  /** Bytes behind their length; null where the length is -1. */
  nullableBytes(): Uint8Array | null {
    const length = this.varint()
    return length === -1 ? null : this.take(length)
  }
}
