/** The server's default limit on a message's text, in UTF-8 bytes. */
export const textBytesMax = 64 * 1024

/** From this share of the limit on, the writer is shown what is left. */
const nearShare = 0.9

const encoder = new TextEncoder()

interface TextLimit {
  /** Bytes that may still be written; negative when it is too long. */
  readonly leftBytes: number
  readonly near: boolean
  readonly over: boolean
}

export function textLimit(text: string, maxBytes = textBytesMax): TextLimit {
  // A UTF-16 unit never takes more than three bytes, so short texts need no encoding.
  const bytes = text.length * 3 < maxBytes * nearShare ? text.length : encoder.encode(text).byteLength
  return { leftBytes: maxBytes - bytes, near: bytes >= maxBytes * nearShare, over: bytes > maxBytes }
}

/** Whether there is something to send: spaces and line ends alone are nothing. */
export const isSendable = (text: string, maxBytes = textBytesMax): boolean =>
  text.trim() !== '' && !textLimit(text, maxBytes).over
