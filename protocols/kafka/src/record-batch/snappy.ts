import { int32At, putInt32 } from './integers.ts'
import { recordBatchLimits } from './limits.ts'
import { CorruptRecordBatch } from './problem.ts'
import { snappyPackBlock, snappyPackedBytesMax, snappyUnpackBlock, snappyUnpackedBytes } from './snappy-block.ts'

/**
 * Snappy as producers write it: one raw block (librdkafka, Go), or the stream of snappy-java, which is a header of its
 * magic and two version numbers, then blocks behind their lengths (Java, JavaScript). Readers tell them by the magic.
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const streamHeaderBytes = magic.length + 8
const packedBlockBytes = 32 * 1024

/** All blocks are measured before memory is taken. */
export function snappyDecompress(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const blocks = isStream(bytes) ? streamBlocks(bytes) : [bytes]
  const sizes = blocks.map(snappyUnpackedBytes)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total > bytesMax) throw new CorruptRecordBatch('too-large', `its records unpack to more than ${bytesMax} bytes`)
  const output = Buffer.allocUnsafe(total)
  let at = 0
  for (const [index, block] of blocks.entries()) {
    snappyUnpackBlock(block, output.subarray(at, at + sizes[index]!))
    at += sizes[index]!
  }
  return output
}

const isStream = (bytes: Uint8Array): boolean =>
  bytes.length >= streamHeaderBytes && magic.equals(bytes.subarray(0, magic.length))

function streamBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = []
  let at = streamHeaderBytes
  while (at < bytes.length) {
    const length = at + 4 > bytes.length ? -1 : int32At(bytes, at)
    if (length < 0 || length > bytes.length - at - 4) {
      throw new CorruptRecordBatch('bad-records', 'its Snappy stream ends within a block')
    }
    if (blocks.push(bytes.subarray(at + 4, at + 4 + length)) > recordBatchLimits.blocks) {
      throw new CorruptRecordBatch('bad-records', 'its Snappy stream has too many blocks')
    }
    at += 4 + length
  }
  return blocks
}

/** Packs into the stream of snappy-java, which every reader takes. */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / packedBlockBytes)
  const output = Buffer.allocUnsafe(streamHeaderBytes + blocks * (4 + snappyPackedBytesMax(packedBlockBytes)))
  output.set(magic)
  putInt32(output, magic.length, 1)
  putInt32(output, magic.length + 4, 1)
  let at = streamHeaderBytes
  for (let start = 0; start < bytes.length; start += packedBlockBytes) {
    const block = bytes.subarray(start, start + packedBlockBytes)
    const end = snappyPackBlock(block, output, at + 4)
    putInt32(output, at, end - at - 4)
    at = end
  }
  return output.subarray(0, at)
}
