import type { AttributeValue as Wire } from '@aws-sdk/client-dynamodb'
import { KoineError } from '@koine/base'
import type { Attributes, AttributeValue } from '@koine/stores-ports'

/**
 * Attributes as DynamoDB keeps them. Its numbers are decimals of at most 1e126 and at least 1e-130 without a sign on
 * zero, so the doubles outside of that are sets of one text, a type that the port has no use for.
 */
const largest = 9e125
const smallest = 1e-130

export function encodeValue(value: AttributeValue): Wire {
  if (value === null) return { NULL: true }
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'boolean') return { BOOL: value }
  if (typeof value === 'number') return encodeNumber(value)
  if (value instanceof Uint8Array) return { B: value }
  if (Array.isArray(value)) return { L: (value as readonly AttributeValue[]).map(encodeValue) }
  return { M: encodeMap(value as Attributes) }
}

export function encodeMap(attributes: Attributes): Record<string, Wire> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, encodeValue(value)]))
}

export function decodeValue(wire: Wire): AttributeValue {
  if (wire.S !== undefined) return wire.S
  if (wire.N !== undefined) return Number(wire.N)
  if (wire.BOOL !== undefined) return wire.BOOL
  if (wire.NULL !== undefined) return null
  if (wire.B !== undefined) return Uint8Array.from(wire.B)
  if (wire.L !== undefined) return wire.L.map(decodeValue)
  if (wire.M !== undefined) return decodeMap(wire.M)
  if (wire.SS?.length === 1) return Number(wire.SS[0])
  throw new KoineError('unavailable', 'A record holds a type that was not written by this program.')
}

export function decodeMap(wire: Record<string, Wire>): Attributes {
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, decodeValue(value)]))
}

function encodeNumber(value: number): Wire {
  const size = Math.abs(value)
  const isDecimal = (size <= largest && size >= smallest) || Object.is(value, 0)
  return isDecimal ? { N: String(value) } : { SS: [Object.is(value, -0) ? '-0' : String(value)] }
}
