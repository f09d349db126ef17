import { invariant } from '@koine/base/errors'
import { wireLimits } from './limits.ts'

const twoTo32 = 0x1_0000_0000
const twoTo63 = 2 ** 63
/** Byte strings up to this size are copied; larger ones become chunks of their own. */
const copiedBytesMax = 2048
const uvarintBytesMax = 5

/**
 * Writes the protocol's primitive types as a list of chunks, meant for one vectored write: record batches go into the
 * list as they are, and only what stands between them is copied.
 */
export class Writer {
  #buffer: Buffer
  #at = 0
  /** Where the part of the buffer that isn't yet in `#chunks` starts. */
  #start = 0
  readonly #chunks: Uint8Array[] = []
  #chunkedBytes = 0

  constructor(bytesExpected = 512) {
    this.#buffer = Buffer.allocUnsafe(bytesExpected)
  }

  get length(): number {
    return this.#chunkedBytes + (this.#at - this.#start)
  }

  /** All that was written. The writer is done after it. */
  finish(): Uint8Array[] {
    this.#cut()
    return this.#chunks
  }

  /** All that was written, as one frame: its length in four bytes ahead of it. The writer is done after it. */
  finishFrame(): Uint8Array[] {
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(this.length)
    return [size, ...this.finish()]
  }

  #cut(): void {
    if (this.#at === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#at))
    this.#chunkedBytes += this.#at - this.#start
    this.#start = this.#at
  }

  /** Makes room for `length` bytes, moves over them and returns where they start. */
  #reserve(length: number): number {
    if (this.#at + length > this.#buffer.length) this.#grow(length)
    const at = this.#at
    this.#at = at + length
    return at
  }

  #grow(length: number): void {
    const held = this.#at - this.#start
    const larger = Buffer.allocUnsafe(Math.max((held + length) * 2, this.#buffer.length))
    this.#buffer.copy(larger, 0, this.#start, this.#at)
    this.#buffer = larger
    this.#start = 0
    this.#at = held
  }

  int8(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = value
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int16(value: number): void {
    const at = this.#reserve(2)
    const buffer = this.#buffer
    buffer[at] = value >> 8
    buffer[at + 1] = value
  }

  int32(value: number): void {
    const at = this.#reserve(4)
    const buffer = this.#buffer
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  /** The greatest integer of 64 bits came in as the nearest double, which is one more: it goes out as it was. */
  int64(value: number): void {
    const isGreatest = value >= twoTo63
    this.int32(isGreatest ? 0x7f_ff_ff_ff : Math.floor(value / twoTo32))
    this.int32(isGreatest ? -1 : value >>> 0)
  }

  float64(value: number): void {
    const at = this.#reserve(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** @param value 32 hexadecimal digits */
  uuid(value: string): void {
    const at = this.#reserve(16)
    this.#buffer.write(value, at, 16, 'hex')
  }

  unsignedVarint(value: number): void {
    const first = this.#reserve(uvarintBytesMax)
    let at = first
    let left = value >>> 0
    while (left > 0x7f) {
      this.#buffer[at++] = (left & 0x7f) | 0x80
      left >>>= 7
    }
    this.#buffer[at++] = left
    this.#at = at
  }

  string(value: string): void {
    const length = Buffer.byteLength(value)
    this.int16(length)
    this.#text(value, length)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    const length = Buffer.byteLength(value)
    this.unsignedVarint(length + 1)
    this.#text(value, length)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  errorMessage(value: string | null): void {
    this.nullableString(cutToFit(value))
  }

  compactErrorMessage(value: string | null): void {
    this.compactNullableString(cutToFit(value))
  }

  #text(value: string, length: number): void {
    invariant(length <= wireLimits.stringBytes, 'A string is longer than the protocol lets it be.')
    const at = this.#reserve(length)
    this.#buffer.write(value, at, length, 'utf8')
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  records(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) return this.int32(-1)
    this.int32(bytesOf(value))
    this.#rawAll(value)
  }

  compactRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) return this.unsignedVarint(0)
    this.unsignedVarint(bytesOf(value) + 1)
    this.#rawAll(value)
  }

  /** @param value null stands for an array that is absent */
  arrayLength(value: readonly unknown[] | null): void {
    this.int32(value === null ? -1 : value.length)
  }

  compactArrayLength(value: readonly unknown[] | null): void {
    this.unsignedVarint(value === null ? 0 : value.length + 1)
  }

  /** What stands ahead of a structure that may be null. */
  presence(value: object | null): void {
    this.int8(value === null ? -1 : 1)
  }

  /** A tagged field: its number, its size, and what `write` writes. */
  tagged(tag: number, write: (value: Writer) => void): void {
    const value = new Writer(64)
    write(value)
    this.unsignedVarint(tag)
    this.unsignedVarint(value.length)
    for (const chunk of value.finish()) this.raw(chunk)
  }

  raw(value: Uint8Array): void {
    if (value.length > copiedBytesMax) {
      this.#cut()
      this.#chunks.push(value)
      this.#chunkedBytes += value.length
    } else {
      const at = this.#reserve(value.length)
      this.#buffer.set(value, at)
    }
  }

  #rawAll(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.raw(value)
    else for (const part of value) this.raw(part)
  }
}

/** A third of the bytes in characters always fits, since none takes more than three. */
const cutToFit = (text: string | null): string | null => {
  const charactersMax = Math.floor(wireLimits.stringBytes / 3) - 1
  return text === null || text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`
}

const bytesOf = (value: Uint8Array | readonly Uint8Array[]): number =>
  value instanceof Uint8Array ? value.length : value.reduce((sum, part) => sum + part.length, 0)
