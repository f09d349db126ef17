import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Codec } from './codec.ts'
import { lz4Compress, lz4Decompress } from './lz4-frame.ts'
import { CorruptRecordBatch } from './problem.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'

interface Compression {
  compress(records: Uint8Array): Uint8Array
  /** To at most `bytesMax`, which is held to before memory is taken. */
  decompress(bytes: Uint8Array, bytesMax: number): Uint8Array
}

const compressions: { readonly [codec in Codec]: Compression } = {
  none: { compress: (records) => records, decompress: (bytes) => bytes },
  gzip: {
    compress: (records) => gzipSync(records),
    decompress: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  },
  snappy: { compress: snappyCompress, decompress: snappyDecompress },
  lz4: { compress: lz4Compress, decompress: lz4Decompress },
  zstd: {
    compress: (records) => zstdCompressSync(records),
    decompress: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
  },
}

export const compressRecords = (codec: Codec, records: Uint8Array): Uint8Array => compressions[codec].compress(records)

/** The records of a batch, decompressed to at most `bytesMax`. */
export function decompressRecords(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  try {
    return compressions[codec].decompress(bytes, bytesMax)
  } catch (cause) {
    if (cause instanceof CorruptRecordBatch) throw cause
    const tooLarge = (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    throw tooLarge
      ? new CorruptRecordBatch('too-large', `its records unpack to more than ${bytesMax} bytes`, cause)
      : new CorruptRecordBatch('bad-records', `its records don't unpack as ${codec}`, cause)
  }
}
