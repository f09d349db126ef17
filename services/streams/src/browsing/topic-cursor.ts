import { KoineError } from '@koine/base'

/** The next offset to read, by partition. */
export type Offsets = Map<number, number>

/** Opaque to clients: `partition:offset` of each partition. */
export const encodeCursor = (offsets: ReadonlyMap<number, number>): string =>
  [...offsets].map(([partition, offset]) => `${partition}:${offset}`).join('.')

/**
 * Partitions that the cursor doesn't know, of a topic that has grown since, are left out; those not wanted are, too.
 * @throws KoineError `invalid_request`
 */
export function decodeCursor(cursor: string, wanted: readonly number[]): Offsets {
  const offsets: Offsets = new Map()
  for (const part of cursor.split('.')) {
    const match = /^(\d{1,7}):(\d{1,15})$/.exec(part)
    if (!match) throw new KoineError('invalid_request', 'This is not a cursor of a topic.')
    if (wanted.includes(Number(match[1]))) offsets.set(Number(match[1]), Number(match[2]))
  }
  return offsets
}
