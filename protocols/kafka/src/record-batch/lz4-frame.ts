import { recordBatchLimits } from './limits.ts'
import { lz4PackBlock, lz4PackedBytesMax, lz4UnpackBlock, lz4UnpackedBytes } from './lz4-block.ts'
import { CorruptRecordBatch } from './problem.ts'
import { xxhash32 } from './xxhash32.ts'

/**
 * LZ4's frame: a descriptor, blocks, an end mark. See https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md.
 * Dictionaries aren't known, nor frames one after another: no producer writes either.
 */
const magic = 0x184d_2204
const flags = {
  version: 0xc0,
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  rest: 0x03,
}
const version1 = 0x40
/** The bit of a block's length that says it is stored as it is. */
const stored = 0x8000_0000
const packedBlockBytes = 64 * 1024

const corrupt = (detail: string): CorruptRecordBatch => new CorruptRecordBatch('bad-records', `its LZ4 frame ${detail}`)

interface Block {
  readonly bytes: Uint8Array
  readonly isStored: boolean
  readonly unpackedBytes: number
}

/** Unpacks a frame. All its blocks are measured before memory is taken. */
export function lz4Decompress(frame: Uint8Array, bytesMax: number): Uint8Array {
  const reader = new FrameReader(frame)
  const descriptor = readDescriptor(reader)
  const blocks: Block[] = []
  let total = 0
  for (let block = readBlock(reader, descriptor); block; block = readBlock(reader, descriptor)) {
    total += block.unpackedBytes
    if (total > bytesMax) throw new CorruptRecordBatch('too-large', `its records unpack to more than ${bytesMax} bytes`)
    if (blocks.push(block) > recordBatchLimits.blocks) throw corrupt('has too many blocks')
  }
  if (descriptor.contentBytes !== undefined && descriptor.contentBytes !== total) throw corrupt('has another size')
  const content = unpack(blocks, total, descriptor.independent)
  if (descriptor.contentChecksum && reader.word() !== xxhash32(content)) throw corrupt('has a wrong checksum')
  if (reader.left > 0) throw corrupt('has bytes after its end')
  return content
}

function unpack(blocks: readonly Block[], total: number, independent: boolean): Uint8Array {
  const content = Buffer.allocUnsafe(total)
  let at = 0
  for (const { bytes, isStored, unpackedBytes } of blocks) {
    if (isStored) content.set(bytes, at)
    else lz4UnpackBlock(bytes, content, at, independent ? at : 0)
    at += unpackedBytes
  }
  return content
}

interface Descriptor {
  readonly independent: boolean
  readonly blockChecksum: boolean
  readonly contentChecksum: boolean
  readonly contentBytes: number | undefined
  readonly blockBytesMax: number
}

function readDescriptor(reader: FrameReader): Descriptor {
  if (reader.word() !== magic) throw corrupt('starts with another number')
  const start = reader.at
  const flag = reader.byte()
  const sizes = reader.byte()
  if ((flag & flags.version) !== version1 || (flag & flags.rest) !== 0) throw corrupt('is of an unknown form')
  if (sizes >> 4 < 4 || sizes >> 4 > 7 || (sizes & 15) !== 0) throw corrupt('has an unknown block size')
  const contentBytes = flag & flags.contentSize ? reader.word() + reader.word() * 2 ** 32 : undefined
  const described = reader.since(start)
  if (reader.byte() !== ((xxhash32(described) >>> 8) & 0xff)) throw corrupt('has a wrong header checksum')
  return {
    independent: (flag & flags.independent) !== 0,
    blockChecksum: (flag & flags.blockChecksum) !== 0,
    contentChecksum: (flag & flags.contentChecksum) !== 0,
    contentBytes,
    blockBytesMax: 2 ** (8 + 2 * (sizes >> 4)),
  }
}

function readBlock(reader: FrameReader, { blockChecksum, blockBytesMax }: Descriptor): Block | undefined {
  const length = reader.word()
  if (length === 0) return undefined
  const isStored = length >= stored
  const bytes = reader.take(isStored ? length - stored : length)
  if (blockChecksum && reader.word() !== xxhash32(bytes)) throw corrupt('has a block with a wrong checksum')
  const unpackedBytes = isStored ? bytes.length : lz4UnpackedBytes(bytes)
  if (unpackedBytes > blockBytesMax) throw corrupt('has a block over its own limit')
  return { bytes, isStored, unpackedBytes }
}

/** Little-endian, unlike everything else on Kafka's wire. */
class FrameReader {
  readonly #bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw corrupt('ends early')
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  word(): number {
    const [a, b, c, d] = this.take(4)
    return (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0
  }
}

/** Packs into a frame of independent blocks without checksums, as Kafka's Java producer does. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / packedBlockBytes)
  const output = Buffer.allocUnsafe(lz4PackedBytesMax(bytes.length) + blocks * 20 + 11)
  output.writeUInt32LE(magic, 0)
  output[4] = version1 | flags.independent
  output[5] = 4 << 4
  output[6] = xxhash32(output.subarray(4, 6)) >>> 8
  let at = 7
  for (let start = 0; start < bytes.length; start += packedBlockBytes) {
    at = putBlock(output, at, bytes, start, Math.min(start + packedBlockBytes, bytes.length))
  }
  output.writeUInt32LE(0, at)
  return output.subarray(0, at + 4)
}

function putBlock(output: Buffer, at: number, bytes: Uint8Array, start: number, end: number): number {
  const body = at + 4
  const packedEnd = lz4PackBlock(bytes, start, end, output, body)
  if (packedEnd - body < end - start) {
    output.writeUInt32LE(packedEnd - body, at)
    return packedEnd
  }
  output.writeUInt32LE(stored + (end - start), at)
  output.set(bytes.subarray(start, end), body)
  return body + (end - start)
}
