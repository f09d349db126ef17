const bytesMax = 1_000

/** Kafka sets no limit; ours is what a key of the tables holds. */
export const isTransactionalId = (text: string): boolean =>
  text !== '' && !text.includes('\u0000') && text.isWellFormed() && Buffer.byteLength(text) <= bytesMax
