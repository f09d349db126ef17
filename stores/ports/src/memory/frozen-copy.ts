import type { Attributes, AttributeValue, TableRecord } from '../tables.ts'

/** A deep copy that nobody can change. Bytes can't be frozen; they are copied again on their way out. */
export function frozenCopy(value: AttributeValue): AttributeValue {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return Object.freeze((value as readonly AttributeValue[]).map(frozenCopy))
  const copy: Record<string, AttributeValue> = {}
  for (const [name, item] of Object.entries(value as Attributes)) copy[name] = frozenCopy(item)
  return Object.freeze(copy)
}

/** The record itself when it is frozen through and through, otherwise a copy with bytes of its own. */
export function withOwnBytes(record: TableRecord): TableRecord {
  return holdsBytes(record.attributes) ? { ...record, attributes: frozenCopy(record.attributes) as Attributes } : record
}

function holdsBytes(value: AttributeValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Uint8Array) return true
  for (const item of Object.values(value)) if (holdsBytes(item)) return true
  return false
}
