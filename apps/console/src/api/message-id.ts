/** An id for a message that is about to be written: 128 random bits. `randomUUID` is missing on plain-HTTP origins. */
export const newMessageId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
