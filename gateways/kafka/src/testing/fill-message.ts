import type { Field } from '@koine/protocols-kafka'

type Type = Field['type']

/** What to put where a field of that kind stands. `name` is the field's, `at` counts the values of a message. */
export type Filling = {
  readonly int: (name: string, range: { readonly min: number; readonly max: number }, at: number) => number
  readonly string: (name: string, at: number) => string
  readonly nullableString: (name: string, at: number) => string | null
  readonly bytes: (name: string, at: number) => Uint8Array
  readonly nullableBytes: (name: string, at: number) => Uint8Array | null
  readonly bool: (name: string, at: number) => boolean
  /** 32 hexadecimal digits. */
  readonly uuid: (name: string, at: number) => string
  /** How many elements, or null for an array that may be null. */
  readonly array: (name: string, type: { readonly mayBeNull: boolean }) => number | null
}

const ranges: { readonly [read: string]: { readonly min: number; readonly max: number } } = {
  int8: { min: -(2 ** 7), max: 2 ** 7 - 1 },
  int16: { min: -(2 ** 15), max: 2 ** 15 - 1 },
  int32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  // The greatest is the nearest double, which the wire has as the greatest integer.
  int64: { min: -(2 ** 63), max: 2 ** 63 },
  float64: { min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
}

/** A message of the table's fields, whatever the version: encoders leave out what a version doesn't have. */
export function fillMessage(fields: readonly Field[], filling: Filling): Record<string, unknown> {
  let count = 0
  const struct = (fields: readonly Field[]): Record<string, unknown> =>
    Object.fromEntries(fields.map(({ name, type }) => [name, value(name, type)]))
  const value = (name: string, type: Type): unknown => {
    if (type.kind === 'struct') return struct(type.fields)
    if (type.kind === 'primitive') return primitive(name, type.classic.read)
    const length = filling.array(name, { mayBeNull: type.nullable })
    return length === null ? null : Array.from({ length }, () => value(name, type.of))
  }
  const primitive = (name: string, read: string): unknown => {
    const at = count++
    const range = ranges[read]
    if (range) return filling.int(name, range, at)
    const others: { readonly [read: string]: unknown } = filling
    return (others[read] as (name: string, at: number) => unknown)(name, at)
  }
  return struct(fields)
}
