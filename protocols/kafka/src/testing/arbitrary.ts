import fc from 'fast-check'
import { absentValue, type Field, isIn, type Type } from '../schema/types.ts'

const arbitraries: { readonly [read: string]: fc.Arbitrary<unknown> } = {
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  bool: fc.boolean(),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  string: fc.string({ maxLength: 300, unit: 'binary' }),
  nullableString: fc.option(fc.string({ maxLength: 20 })),
  bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  nullableBytes: fc.option(fc.uint8Array({ minLength: 2000, maxLength: 2100 }).map((bytes) => Buffer.from(bytes))),
}

/** Any value of a list of fields as a decoder of `version` would make it. */
export function arbitraryMessage(fields: readonly Field[], version: number): fc.Arbitrary<Record<string, unknown>> {
  const values = fields.map((field) => [field.name, arbitraryField(field, version)] as const)
  return fc.record(Object.fromEntries(values), { noNullPrototype: true })
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const absent = fc.constant(absentValue(field))
  if (!isIn(field, version)) return absent
  const value = arbitraryValue(field.type, version)
  return field.options.tag === undefined ? value : fc.oneof(absent, value)
}

function arbitraryValue(type: Type, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'primitive') return arbitraries[type.classic.read]!
  if (type.kind === 'struct') {
    const present = arbitraryMessage(type.fields, version)
    return type.nullable ? fc.option(present) : present
  }
  const array = fc.array(arbitraryValue(type.of, version), { maxLength: 3 })
  return type.nullable ? fc.option(array) : array
}
