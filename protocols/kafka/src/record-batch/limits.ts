/** What a reader takes of one batch, whatever the batch declares. */
export const recordBatchLimits = {
  /** Records and their headers together, so that a small compressed batch can't become gigabytes of objects. */
  elements: 1_000_000,
  /** How far compressed records may unpack, unless told otherwise. */
  unpackedBytes: 64 * 1024 * 1024,
  /** Of Snappy or LZ4. Producers make them of 32 KB and more. */
  blocks: 65_536,
} as const
