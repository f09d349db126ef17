import { keyOf } from './table-keys.ts'
import type { Attributes, AttributeValue, Operation, OutboxEvent, RecordKey, WriteBatch } from './tables.ts'

/** Sizes are counted so that no engine's own count is larger: as DynamoDB does, with numbers at their longest. */
const numberBytes = 21
const containerBytes = 3
/** What an engine stores beside the attributes of a record: names of the key's parts, version, expiry. */
const recordOverheadBytes = 128

type TextBytes = (text: string) => number
const exactly: TextBytes = (text) => Buffer.byteLength(text)
/** For an upper bound that costs nothing: no UTF-16 unit takes more than three bytes. */
export const atMost: TextBytes = (text) => text.length * 3

export function batchBytes({ operations, events = [] }: WriteBatch): number {
  let bytes = 0
  for (const operation of operations) bytes += operationBytes(operation)
  for (const event of events) bytes += eventBytes(event)
  return bytes
}

export function operationBytes(operation: Operation, textBytes = exactly): number {
  if ('put' in operation) return recordBytes(operation.put, operation.attributes, textBytes)
  if ('update' in operation) return recordBytes(operation.update, { ...operation.set, ...operation.add }, textBytes)
  return recordBytes(keyOf(operation), {}, textBytes)
}

export const eventBytes = (event: OutboxEvent, textBytes = exactly): number =>
  recordOverheadBytes + textBytes(event.id) + textBytes(event.topic) + textBytes(event.key) + textBytes(event.body)

/** The record's size as the bounds count it. */
export function recordBytes(key: RecordKey, attributes: Attributes, textBytes = exactly): number {
  const keyBytes = textBytes(key.table) + textBytes(key.pk) + textBytes(key.sk)
  return recordOverheadBytes + keyBytes + mapBytes(attributes, textBytes)
}

function mapBytes(map: Attributes, textBytes: TextBytes): number {
  let bytes = containerBytes
  for (const name in map) bytes += 1 + textBytes(name) + valueBytes(map[name]!, textBytes)
  return bytes
}

function valueBytes(value: AttributeValue, textBytes: TextBytes): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value === 'number') return numberBytes
  if (typeof value === 'boolean' || value === null) return 1
  if (value instanceof Uint8Array) return value.byteLength
  if (!isList(value)) return mapBytes(value, textBytes)
  let bytes = containerBytes
  for (const item of value) bytes += 1 + valueBytes(item, textBytes)
  return bytes
}

export const isList = (value: object): value is readonly AttributeValue[] => Array.isArray(value)
