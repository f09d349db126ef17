import { copyMatch, findMatches } from './matches.ts'
import { CorruptRecordBatch } from './problem.ts'

// One raw block of Snappy: its unpacked length, then literals and copies.
// See https://github.com/google/snappy/blob/main/format_description.txt.

/** A copy of three bytes makes 64: no block unpacks to more than that for each of its bytes. */
const unpackedBytesPerByteMax = 64
const copyBytesMax = 64

const corrupt = (detail: string): CorruptRecordBatch =>
  new CorruptRecordBatch('bad-records', `its Snappy block ${detail}`)

function preamble(block: Uint8Array): { readonly unpackedBytes: number; readonly at: number } {
  let unpackedBytes = 0
  for (let at = 0; at < Math.min(block.length, 5); at++) {
    const byte = block[at]!
    unpackedBytes += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return { unpackedBytes, at: at + 1 }
  }
  throw corrupt('does not start with a length')
}

/** How many bytes the block declares to unpack to, which is no more than it could. */
export function snappyUnpackedBytes(block: Uint8Array): number {
  const { unpackedBytes } = preamble(block)
  if (unpackedBytes > block.length * unpackedBytesPerByteMax) throw corrupt('declares more than it can hold')
  return unpackedBytes
}

/** Unpacks a block to `output`, whose length is `snappyUnpackedBytes`. */
export function snappyUnpackBlock(block: Uint8Array, output: Uint8Array): void {
  let { at } = preamble(block)
  let out = 0
  const littleEndian = (bytes: number): number => {
    if (bytes > block.length - at) throw corrupt('ends early')
    let value = 0
    for (let i = 0; i < bytes; i++) value += block[at++]! * 2 ** (8 * i)
    return value
  }
  while (at < block.length) {
    const tag = block[at++]!
    const kind = tag & 3
    if (kind === 0) {
      const length = (tag >> 2 < 60 ? tag >> 2 : littleEndian((tag >> 2) - 59)) + 1
      if (length > block.length - at || length > output.length - out) throw corrupt('has too long a literal')
      output.set(block.subarray(at, at + length), out)
      at += length
      out += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const offset = kind === 1 ? ((tag >> 5) << 8) + littleEndian(1) : littleEndian(kind === 2 ? 2 : 4)
    if (offset === 0 || offset > out || length > output.length - out) throw corrupt('copies what is not there')
    copyMatch(output, out, offset, length)
    out += length
  }
  if (out !== output.length) throw corrupt('unpacks to less than it declares')
}

/** The most bytes that a block of so many unpacked ones takes. */
export const snappyPackedBytesMax = (bytes: number): number => 32 + bytes + Math.ceil(bytes / 6)

/** Packs a block of up to 64 KB into `output` at `at`, and returns where it ends. */
export function snappyPackBlock(block: Uint8Array, output: Uint8Array, at: number): number {
  let out = putLength(output, at, block.length)
  const literal = (start: number, end: number): void => {
    const rest = end - start - 1
    if (rest < 0) return
    if (rest < 60) output[out++] = rest << 2
    else {
      output[out++] = 61 << 2
      output[out++] = rest
      output[out++] = rest >> 8
    }
    output.set(block.subarray(start, end), out)
    out += end - start
  }
  const rest = findMatches(block, 0, block.length, (literals, matchAt, offset, length) => {
    literal(literals, matchAt)
    for (let left = length; left > 0; left -= copyBytesMax) {
      output[out++] = ((Math.min(left, copyBytesMax) - 1) << 2) | 2
      output[out++] = offset
      output[out++] = offset >> 8
    }
  })
  literal(rest, block.length)
  return out
}

function putLength(output: Uint8Array, at: number, length: number): number {
  let end = at
  let left = length
  for (; left >= 0x80; left >>>= 7) output[end++] = (left & 0x7f) | 0x80
  output[end++] = left
  return end
}
