import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { CorruptRecordBatch } from './problem.ts'

/** By their number in a batch's attributes. */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

type Decompress = (bytes: Uint8Array, bytesMax: number) => Uint8Array

const decompressors: { readonly [codec in Codec]?: Decompress } = {
  none: (bytes) => bytes,
  gzip: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  zstd: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
}

/** The records of a batch, decompressed to at most `bytesMax`. Snappy and LZ4 are not read. */
export function decompressRecords(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  const decompress = decompressors[codec]
  if (!decompress)
    throw new CorruptRecordBatch('unsupported-codec', `records compressed with ${codec} can't be read here`)
  try {
    return decompress(bytes, bytesMax)
  } catch (cause) {
    const tooLarge = (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    throw tooLarge
      ? new CorruptRecordBatch('too-large', `its records unpack to more than ${bytesMax} bytes`, cause)
      : new CorruptRecordBatch('bad-records', `its records don't unpack as ${codec}`, cause)
  }
}
