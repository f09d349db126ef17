import { copyMatch, findMatches } from './matches.ts'
import { CorruptRecordBatch } from './problem.ts'

/**
 * One block of LZ4: sequences of a token, literals and a match. See
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
 */
const matchBytesMin = 4

const corrupt = (detail: string): CorruptRecordBatch => new CorruptRecordBatch('bad-records', `its LZ4 block ${detail}`)

/** A length that continues past the token's four bits: bytes of 255, and the first that isn't. */
class Lengths {
  at = 0
  readonly #block: Uint8Array

  constructor(block: Uint8Array) {
    this.#block = block
  }

  get isAtEnd(): boolean {
    return this.at === this.#block.length
  }

  byte(): number {
    if (this.at >= this.#block.length) throw corrupt('ends early')
    return this.#block[this.at++]!
  }

  extended(bits: number): number {
    let length = bits
    for (let byte = bits === 15 ? 255 : 0; byte === 255; length += byte) byte = this.byte()
    return length
  }

  /** Moves over literals and returns where they start. */
  skip(length: number): number {
    const start = this.at
    if (length > this.#block.length - start) throw corrupt('has fewer literals than it declares')
    this.at += length
    return start
  }
}

/** How many bytes the block unpacks to, found without unpacking it. */
export function lz4UnpackedBytes(block: Uint8Array): number {
  const reader = new Lengths(block)
  let bytes = 0
  for (;;) {
    const token = reader.byte()
    const literals = reader.extended(token >> 4)
    reader.skip(literals)
    bytes += literals
    if (reader.isAtEnd) return bytes
    reader.skip(2)
    bytes += reader.extended(token & 15) + matchBytesMin
  }
}

/**
 * Unpacks a block to `output` from `at` on, which has room for `lz4UnpackedBytes`.
 * @param from where the bytes begin that a match may refer to
 * @returns where the unpacked bytes end
 */
export function lz4UnpackBlock(block: Uint8Array, output: Uint8Array, start: number, from: number): number {
  const reader = new Lengths(block)
  let at = start
  for (;;) {
    const token = reader.byte()
    const literals = reader.extended(token >> 4)
    const first = reader.skip(literals)
    output.set(block.subarray(first, first + literals), at)
    at += literals
    if (reader.isAtEnd) return at
    const offset = reader.byte() | (reader.byte() << 8)
    if (offset === 0 || offset > at - from) throw corrupt('refers to bytes before its beginning')
    const length = reader.extended(token & 15) + matchBytesMin
    copyMatch(output, at, offset, length)
    at += length
  }
}

/** The most bytes that a block of so many unpacked ones takes. */
export const lz4PackedBytesMax = (bytes: number): number => bytes + Math.ceil(bytes / 255) + 16

/** Packs `bytes` from `start` to `end` into `output` at `at`, and returns where the block ends. */
export function lz4PackBlock(bytes: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
  let out = at
  const sequence = (literals: number, literalsEnd: number, matchBits: number): void => {
    const count = literalsEnd - literals
    output[out++] = (Math.min(count, 15) << 4) | Math.min(matchBits, 15)
    if (count >= 15) out = putExtended(output, out, count - 15)
    output.set(bytes.subarray(literals, literalsEnd), out)
    out += count
  }
  const rest = findMatches(bytes, start, end, (literals, matchAt, offset, length) => {
    sequence(literals, matchAt, length - matchBytesMin)
    output[out++] = offset
    output[out++] = offset >> 8
    if (length - matchBytesMin >= 15) out = putExtended(output, out, length - matchBytesMin - 15)
  })
  sequence(rest, end, 0)
  return out
}

function putExtended(output: Uint8Array, at: number, length: number): number {
  let end = at
  let left = length
  for (; left >= 255; left -= 255) output[end++] = 255
  output[end++] = left
  return end
}
