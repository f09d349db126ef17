/** What a decoder accepts of one message, whatever the message declares. */
export const wireLimits = {
  /** Kafka keeps strings in 16 bits; the compact form is held to the same bound. */
  stringBytes: 32_767,
  /** Elements of all arrays of a message together, so that a frame of tiny elements can't become gigabytes of objects. */
  arrayElements: 1_000_000,
  /** Tagged fields of all structures of a message together. */
  taggedFields: 10_000,
} as const
