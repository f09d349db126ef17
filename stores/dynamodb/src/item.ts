import type { AttributeValue as Wire } from '@aws-sdk/client-dynamodb'
import { invariant } from '@koine/base'
import type { RecordKey, RecordState, TableRecord } from '@koine/stores-ports'
import { decodeMap, encodeMap } from './attribute-codec.ts'

/**
 * A record as an item of the tenant's physical table, its attributes named by one letter:
 *
 *     p  text    partition key: length of the table's name, table, pk, as in `8:messages:conv_…`
 *     s  bytes   sort key: the sk in UTF-8, or one zero byte for the empty one; sorts bytewise
 *     a  map     attributes
 *     v  number  version
 *     g  text    stamp: another with each write, so that a change since a read is noticed even when it was made again
 *     e  number  expiry in milliseconds, where there is one
 *     t  number  expiry in seconds, by which DynamoDB removes the item some time after
 */
export type Item = Record<string, Wire>
export type ItemKey = { readonly p: Wire.SMember; readonly s: Wire.BMember }

export interface StoredRecord extends RecordState {
  readonly stamp: string
}

const emptySortKey = Uint8Array.of(0)

export const partitionOf = ({ table, pk }: Pick<RecordKey, 'table' | 'pk'>): Wire.SMember => ({
  S: `${table.length}:${table}:${pk}`,
})

export const sortKeyOf = (sk: string): Wire.BMember => ({ B: sk === '' ? emptySortKey : Buffer.from(sk) })

export const itemKeyOf = (key: RecordKey): ItemKey => ({ p: partitionOf(key), s: sortKeyOf(key.sk) })

/** One text for a key, to find an answer's items by. */
export const itemKeyText = ({ p, s }: { readonly p?: Wire; readonly s?: Wire }): string =>
  `${p?.S}\0${Buffer.from(s?.B ?? emptySortKey).toString('latin1')}`

export function encodeItem(key: RecordKey, state: RecordState, stamp: string): Item {
  return {
    ...itemKeyOf(key),
    a: { M: encodeMap(state.attributes) },
    v: { N: String(state.version) },
    g: { S: stamp },
    ...(state.expiresAtMs !== undefined && {
      e: { N: String(state.expiresAtMs) },
      t: { N: String(Math.ceil(state.expiresAtMs / 1000)) },
    }),
  }
}

export function decodeItem(item: Item): StoredRecord {
  const { a, v, g, e } = item
  invariant(a?.M && v?.N !== undefined && g?.S !== undefined, 'An item of a record has attributes, version and stamp.')
  return {
    attributes: decodeMap(a.M),
    version: Number(v.N),
    stamp: g.S,
    ...(e?.N !== undefined && { expiresAtMs: Number(e.N) }),
  }
}

/** The sort key of the record that the item is. */
export function skOf(item: Item): string {
  const bytes = item.s?.B
  invariant(bytes, 'An item has a sort key.')
  return bytes.length === 1 && bytes[0] === 0 ? '' : Buffer.from(bytes).toString()
}

export function recordOf(key: RecordKey, { attributes, version, expiresAtMs }: StoredRecord): TableRecord {
  return { key, attributes, version, ...(expiresAtMs !== undefined && { expiresAtMs }) }
}
