import { wireLimits } from './limits.ts'
import { ProtocolError } from './protocol-error.ts'

const twoTo32 = 0x1_0000_0000

/**
 * Reads the protocol's primitive types from one frame. Every declared length is held against the bytes that are left
 * before anything is allocated, and all that goes wrong is a ProtocolError. Bytes come out as views of the frame.
 *
 * int64 comes out as a number: exact up to 2^53, the nearest double beyond.
 */
export class Reader {
  readonly #bytes: Buffer
  #at: number
  #elementsLeft: number
  #tagsLeft: number = wireLimits.taggedFields

  /** @param arrayElements bounds the elements of all arrays together */
  constructor(frame: Uint8Array, { arrayElements = wireLimits.arrayElements }: { arrayElements?: number } = {}) {
    this.#elementsLeft = arrayElements
    this.#bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    this.#at = 0
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  /** Moves over `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new ProtocolError(`The frame ends ${length} bytes too early.`)
    this.#at = start + length
    return start
  }

  int8(): number {
    const at = this.#take(1)
    return (this.#bytes[at]! << 24) >> 24
  }

  bool(): boolean {
    const at = this.#take(1)
    return this.#bytes[at] !== 0
  }

  int16(): number {
    const bytes = this.#bytes
    const at = this.#take(2)
    return (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16
  }

  int32(): number {
    const bytes = this.#bytes
    const at = this.#take(4)
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  int64(): number {
    const high = this.int32()
    return high * twoTo32 + (this.int32() >>> 0)
  }

  float64(): number {
    const at = this.#take(8)
    return this.#bytes.readDoubleBE(at)
  }

  /** A UUID as 32 hexadecimal digits. */
  uuid(): string {
    const at = this.#take(16)
    return this.#bytes.toString('hex', at, at + 16)
  }

  /** Up to 32 bits, seven at a time, the lowest first. */
  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    const last = this.#bytes[this.#take(1)]!
    if (last > 0x0f) throw new ProtocolError('A varint has more than 32 bits.')
    return (value | (last << 28)) >>> 0
  }

  string(): string {
    return this.#present(this.nullableString(), 'string')
  }

  nullableString(): string | null {
    const length = this.int16()
    return length === -1 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#present(this.compactNullableString(), 'string')
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1
    return length === -1 ? null : this.#text(length)
  }

  bytes(): Uint8Array {
    return this.#present(this.nullableBytes(), 'byte string')
  }

  nullableBytes(): Uint8Array | null {
    const length = this.int32()
    return length === -1 ? null : this.#view(length)
  }

  compactBytes(): Uint8Array {
    return this.#present(this.compactNullableBytes(), 'byte string')
  }

  compactNullableBytes(): Uint8Array | null {
    const length = this.unsignedVarint() - 1
    return length === -1 ? null : this.#view(length)
  }

  /** The rest of the frame. */
  rest(): Uint8Array {
    return this.#view(this.remaining)
  }

  /** @param bytesMin what one element takes at least */
  arrayLength(bytesMin: number): number {
    return this.#present(this.nullableArrayLength(bytesMin), 'array')
  }

  nullableArrayLength(bytesMin: number): number | null {
    const length = this.int32()
    return length === -1 ? null : this.#elements(length, bytesMin)
  }

  compactArrayLength(bytesMin: number): number {
    return this.#present(this.compactNullableArrayLength(bytesMin), 'array')
  }

  compactNullableArrayLength(bytesMin: number): number | null {
    const length = this.unsignedVarint() - 1
    return length === -1 ? null : this.#elements(length, bytesMin)
  }

  /** Whether a structure that may be null follows: it stands behind 1, and -1 is all of it when it is null. */
  isPresent(): boolean {
    const mark = this.int8()
    if (mark !== 1 && mark !== -1) throw new ProtocolError(`A structure that may be null starts with ${mark}.`)
    return mark === 1
  }

  /** How many tagged fields follow. */
  tagCount(): number {
    const count = this.unsignedVarint()
    this.#tagsLeft -= count
    if (this.#tagsLeft < 0) throw new ProtocolError(`The message has over ${wireLimits.taggedFields} tagged fields.`)
    return count
  }

  /** The size of a tagged field, as the offset at which it must have been read. */
  tagEnd(): number {
    const size = this.unsignedVarint()
    if (size > this.remaining) throw new ProtocolError(`A tagged field declares ${size} bytes, over what is left.`)
    return this.#at + size
  }

  skipTo(end: number): void {
    this.#at = end
  }

  expectAt(end: number): void {
    if (this.#at !== end) throw new ProtocolError('A tagged field is not as long as it declares.')
  }

  skipTaggedFields(): void {
    for (let left = this.tagCount(); left > 0; left--) {
      this.unsignedVarint()
      this.skipTo(this.tagEnd())
    }
  }

  #present<T>(value: T | null, what: string): T {
    if (value === null) throw new ProtocolError(`A ${what} that can't be null is null.`)
    return value
  }

  #text(length: number): string {
    if (length < 0 || length > wireLimits.stringBytes) throw new ProtocolError(`A string declares ${length} bytes.`)
    const at = this.#take(length)
    const text = this.#bytes.toString('utf8', at, at + length)
    // Each byte that isn't UTF-8 becomes a character of three, and such a text could not be told back.
    if (length * 3 > wireLimits.stringBytes && Buffer.byteLength(text) > wireLimits.stringBytes) {
      throw new ProtocolError('A string is not UTF-8, and is too long to pass for it.')
    }
    return text
  }

  #view(length: number): Uint8Array {
    if (length < 0) throw new ProtocolError(`A byte string declares ${length} bytes.`)
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  #elements(length: number, bytesMin: number): number {
    if (length < 0 || length * bytesMin > this.remaining) {
      throw new ProtocolError(`An array declares ${length} elements, more than the frame has room for.`)
    }
    this.#elementsLeft -= length
    if (this.#elementsLeft < 0) throw new ProtocolError('The message has more array elements than are taken.')
    return length
  }
}
