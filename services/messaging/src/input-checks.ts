import { KoineError } from '@koine/base'

const clientMessageIdPattern = /^[\x20-\x7e]{1,128}$/

/** Throws `invalid_request` unless the id is 1 to 128 printable ASCII characters. */
export function checkClientMessageId(id: string): void {
  if (typeof id === 'string' && clientMessageIdPattern.test(id)) return
  throw new KoineError('invalid_request', 'A clientMessageId has 1 to 128 printable ASCII characters.')
}

/** Checks a message's text and returns its length in UTF-8 bytes. Throws `invalid_request` or `too_large`. */
export function checkText(text: string, bytesMax: number): number {
  if (typeof text !== 'string' || text === '') throw new KoineError('invalid_request', 'A message needs a text.')
  // A UTF-16 unit is at least one byte of UTF-8: what is far too long isn't scanned.
  const bytes = text.length > bytesMax ? text.length : Buffer.byteLength(text)
  if (bytes > bytesMax) {
    throw new KoineError('too_large', `The text is over the limit of ${bytesMax} bytes of UTF-8.`)
  }
  if (!text.isWellFormed()) {
    throw new KoineError('invalid_request', 'The text holds a lone surrogate, which is not valid Unicode.')
  }
  return bytes
}

/** Throws `invalid_request` unless `value` is a whole number from `least`. */
export function checkWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new KoineError('invalid_request', `${name} is a whole number from ${least}.`)
}
