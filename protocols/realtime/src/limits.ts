/** Bounds of the protocol itself; a server may set `frameBytes` and `textBytes` lower and says so in `connected`. */
export const realtimeLimits = {
  /**
   * A frame of a client, UTF-8. A text of the largest size fits even when every byte of it is written as a six-byte
   * JSON escape.
   */
  frameBytes: 400 * 1024,
  /** A message's text, UTF-8. */
  textBytes: 64 * 1024,
  /** Of a conversation's id: generous, since ids are opaque to clients. */
  idCharacters: 64,
  refCharacters: 64,
  clientMessageIdCharacters: 128,
  tokenCharacters: 8 * 1024,
  cursorCharacters: 256,
  /** Positions in `resume` and `held`. */
  heldConversations: 5000,
  /** How long the server waits for the connect frame. */
  connectWithinMs: 10_000,
} as const
