import { KoineError } from '@koine/base'

const quote = 0x22
const backslash = 0x5c
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])
const utf8 = new TextDecoder('utf-8', { fatal: true })
const escapedSurrogate = /\\u[dD][89a-fA-F]/

/** A body of JSON text, or `invalid_request` that says what is wrong with it. An empty body is undefined. */
export function parseJsonBody(bytes: Uint8Array, depthMax: number): unknown {
  if (bytes.length === 0) return undefined
  refuseDeep(bytes, depthMax)
  const text = decodeUtf8(bytes)
  const value = parse(text)
  if (escapedSurrogate.test(text)) refuseHalfCharacters(value)
  return value
}

/** Looks at the bytes before anything is built of them, so that nesting costs neither stack nor memory. */
function refuseDeep(bytes: Uint8Array, depthMax: number): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (inString) {
      if (byte === backslash) i++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (openers.has(byte) && ++depth > depthMax) {
      throw new KoineError('invalid_request', `The body nests deeper than ${depthMax} levels.`)
    } else if (closers.has(byte)) depth--
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new KoineError('invalid_request', 'The body is not valid UTF-8.', { cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without its cause: the parser's message quotes the body, which belongs neither in an answer nor in a log.
    throw new KoineError('invalid_request', 'The body is not valid JSON.')
  }
}

/** JSON can escape one half of a surrogate pair: text that no UTF-8 can hold. */
function refuseHalfCharacters(value: unknown): void {
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new KoineError('invalid_request', 'A text in the body holds half of a surrogate pair.')
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    refuseHalfCharacters(name)
    refuseHalfCharacters(inner)
  }
}
