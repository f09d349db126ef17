import { KoineError } from '@koine/base'
import { blobLimits } from './blobs.ts'

// oxlint-disable-next-line no-control-regex -- Control characters are what it finds.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/

/** Throws `invalid_request` unless the key is one: see the port's docstring. */
export function checkBlobKey(key: string): void {
  const wrong = faultOf(key)
  if (wrong) throw new KoineError('invalid_request', `The key of a blob ${wrong}.`)
}

function faultOf(key: string): string | undefined {
  if (Buffer.byteLength(key) > blobLimits.keyBytes) return `is over ${blobLimits.keyBytes} bytes`
  if (!key.isWellFormed()) return 'holds a lone surrogate'
  if (controlCharacter.test(key)) return 'holds a control character'
  const parts = key.split('/')
  if (parts.includes('')) return 'has an empty part'
  if (parts.includes('.') || parts.includes('..')) return 'has a part "." or ".."'
  return undefined
}

/** Throws `invalid_request` unless the limit of a list is within its bounds. */
export function checkListLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= blobLimits.listBlobs) return
  throw new KoineError('invalid_request', `A list of blobs takes a limit from 1 to ${blobLimits.listBlobs}.`)
}

/** Throws `invalid_request` unless the range starts at a byte and has a length, both whole numbers from 0. */
export function checkBlobRange(start: number, length: number): void {
  if (Number.isSafeInteger(start) && start >= 0 && Number.isSafeInteger(length) && length >= 0) return
  throw new KoineError('invalid_request', 'A range of a blob is a start and a length, both whole numbers from 0.')
}

/** Throws `invalid_request` unless the content type, if any, can stand in an HTTP header. */
export function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined || /^[\x20-\x7e]{1,255}$/.test(contentType)) return
  throw new KoineError('invalid_request', 'A content type is 1 to 255 printable ASCII characters.')
}

/** Where a page ended, as text that nobody need read. */
export const encodeBlobCursor = (lastKey: string): string => Buffer.from(`1${lastKey}`).toString('base64url')

/** The last key of the page before; `invalid_request` when the cursor isn't one of ours. */
export function decodeBlobCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const key = text.slice(1)
  if (text[0] === '1' && encodeBlobCursor(key) === cursor && faultOf(key) === undefined) return key
  throw new KoineError('invalid_request', 'The cursor of the list is not one that was given out.')
}
