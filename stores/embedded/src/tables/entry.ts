import type { Attributes, AttributeValue, RecordState } from '@koine/stores-ports'

/**
 * What an environment holds: one ordered map from text to a MessagePack value. Keys are stored as UTF-8, so their order is
 * bytewise. A record's key begins with its table's name, which is not empty and holds no U+0000; others begin with that.
 *
 * | key                                           | value                                                       |
 * |-----------------------------------------------|-------------------------------------------------------------|
 * | table U+0000 pk U+0000 sk                     | [version, attributes] or [version, attributes, expiresAtMs] |
 * | U+0000 `m` name                               | a number: `format`, `events` (the last one's number), `journal` (the newest of its generations that is wholly here) |
 * | U+0000 `o` event number, 16 digits            | [id, topic, key, body]                                      |
 * | U+0000 `e` expiresAtMs, 16 digits, record key | true                                                        |
 */
export type EntryValue = RecordEntry | EventEntry | number | true

export type RecordEntry =
  | readonly [version: number, attributes: Attributes]
  | readonly [version: number, attributes: Attributes, expiresAtMs: number]

export type EventEntry = readonly [id: string, topic: string, key: string, body: string]

/** From the lower bound on, or from below the upper one down when reversed. `from` is in the range, `before` is not. */
export interface EntryRange {
  readonly from: string
  readonly before: string
  readonly reverse?: boolean
}

/** The format this code writes, and the newest that it reads. In format 1 there was no journal beside the environment. */
export const entryFormat = 2

export const metaKey = (name: 'format' | 'events' | 'journal'): string => `\0m${name}`
export const eventKey = (number: number): string => `\0o${digits(number)}`
/** Where an outbox's reader finds an event again: its number. */
export const positionOf = (eventKey: string): string => eventKey.slice(2)
export const eventKeyAt = (position: string): string => `\0o${position}`
export const expiryKey = (expiresAtMs: number, recordKey: string): string => `\0e${digits(expiresAtMs)}${recordKey}`
export const recordKeyOfExpiry = (expiryKey: string): string => expiryKey.slice(2 + digitCount)
/** Those behind a position; all without one. */
export const eventsAfter = (position = ''): EntryRange => ({ from: `${eventKeyAt(position)}\0`, before: '\0p' })
export const expiredBy = (nowMs: number): EntryRange => ({ from: '\0e', before: expiryKey(nowMs + 1, '') })

export const isEventKey = (key: string): boolean => key.startsWith('\0o')

/** The beginning of a key that all keys of a range share: up to behind the partition key, or the kind. */
export function keyGroup(key: string): string {
  if (key.startsWith('\0')) return key.slice(0, 2)
  return key.slice(0, key.indexOf('\0', key.indexOf('\0') + 1) + 1)
}

/** The largest safe integer has 16 digits. */
const digitCount = 16
const digits = (number: number): string => String(number).padStart(digitCount, '0')

export const toRecordEntry = ({ version, attributes, expiresAtMs }: RecordState): RecordEntry =>
  expiresAtMs === undefined ? [version, attributes] : [version, attributes, expiresAtMs]

export function toRecordState([version, attributes, expiresAtMs]: RecordEntry): RecordState {
  return expiresAtMs === undefined ? { attributes, version } : { attributes, version, expiresAtMs }
}

/** The same value, its reader's own. */
export function ownValue(value: EntryValue): EntryValue {
  if (typeof value !== 'object' || typeof value[0] !== 'number') return value
  const { attributes, ...state } = toRecordState(value as RecordEntry)
  return toRecordEntry({ ...state, attributes: copyOf(attributes) as Attributes })
}

/** A deep copy of a value given from outside, which its owner may change later. */
export function copyOf(value: AttributeValue): AttributeValue {
  if (typeof value !== 'object' || value === null) return value
  // Not `slice`: a Buffer's shares its memory.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return (value as readonly AttributeValue[]).map(copyOf)
  const copy: Record<string, AttributeValue> = {}
  for (const [name, item] of Object.entries(value)) copy[name] = copyOf(item)
  return copy
}
