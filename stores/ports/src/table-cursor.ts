import { KoineError } from '@koine/base'
import type { Query } from './tables.ts'

/**
 * The cursor of a query: a format version, a mark of the query it belongs to, and the last sort key given out, as
 * base64url. It names a place in the order, not a record, so it survives inserts and deletes around it.
 */
const formatVersion = 1
const markBytes = 4

/** @param sk the last sort key of the page */
export function encodeCursor(query: Query, sk: string): string {
  const bytes = Buffer.allocUnsafe(1 + markBytes + Buffer.byteLength(sk))
  bytes[0] = formatVersion
  bytes.writeUInt32BE(markOf(query, sk), 1)
  bytes.write(sk, 1 + markBytes, 'utf8')
  return bytes.toString('base64url')
}

/**
 * The sort key after which the query goes on, or undefined when it has no cursor.
 * @throws KoineError `invalid_request` for what `encodeCursor` didn't make for this query
 */
export function decodeCursor(query: Query): string | undefined {
  if (query.cursor === undefined) return undefined
  const bytes = Buffer.from(query.cursor, 'base64url')
  if (bytes.length > markBytes && bytes[0] === formatVersion && bytes.toString('base64url') === query.cursor) {
    const sk = bytes.toString('utf8', 1 + markBytes)
    if (bytes.readUInt32BE(1) === markOf(query, sk)) return sk
  }
  throw new KoineError('invalid_request', 'The cursor is not one that this query gave.')
}

/** FNV-1a over what makes the query the same query, and the place in it. */
function markOf({ table, pk, from, before, direction = 'ascending' }: Query, sk: string): number {
  let mark = 0x811c9dc5
  for (const text of [table, pk, from ?? '\0', before ?? '\0', direction, sk]) {
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0xffff
      mark = Math.imul(mark ^ unit, 0x01000193) >>> 0
    }
  }
  return mark
}
