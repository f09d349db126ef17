import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/**
 * What a field may hold. `Value` is what a decoder makes of it; `Input`, which is wider for records, what an encoder takes.
 * `flexible` is the form in flexible versions (KIP-482), where lengths are varints.
 */
export type Type<Value = unknown, Input = Value> = (PrimitiveType | ArrayType | StructType) & Holds<Value, Input>

declare const held: unique symbol
interface Holds<Value, Input> {
  /** Types only; absent at run time. */
  readonly [held]?: { readonly value: Value; readonly input: Input }
}

/** The methods of Reader and Writer that a generated codec calls by name. */
export type PrimitiveName = Extract<keyof Reader, keyof Writer>

export interface PrimitiveType {
  readonly kind: 'primitive'
  readonly classic: Wire
  readonly flexible: Wire
  /** What a field of this type holds in versions without it. */
  readonly absent: string | number | boolean | null
}

export interface Wire {
  readonly read: keyof Reader
  readonly write: keyof Writer
  /** Bytes that it takes at least. */
  readonly bytesMin: number
}

export interface ArrayType {
  readonly kind: 'array'
  readonly of: Type
  readonly nullable: boolean
}

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly Field[]
  /** A byte ahead of it says whether it is there. */
  readonly nullable: boolean
}

export interface FieldOptions<Value> {
  /** The first version that has the field; 0 unless told. */
  readonly since?: number
  /** The last version that has the field. */
  readonly until?: number
  /** Stands among the tagged fields, under this number, and only when it isn't the default. */
  readonly tag?: number
  /** What it holds where it is absent, and when an encoder isn't given it; the type's own unless told. */
  readonly default?: Value
}

export interface Field<Name extends string = string, T extends Type = Type, Optional extends boolean = boolean> {
  readonly name: Name
  readonly type: T
  readonly options: FieldOptions<unknown>
  /** Types only; absent at run time. */
  readonly optional?: Optional
}

/** A field of every version, which an encoder must be given; with options, one that it may be given. */
export function field<Name extends string, T extends Type>(name: Name, type: T): Field<Name, T, false>
export function field<Name extends string, T extends Type>(
  name: Name,
  type: T,
  options: FieldOptions<ValueOf<T>>,
): Field<Name, T, true>
export function field(name: string, type: Type, options: FieldOptions<unknown> = {}): Field {
  return { name, type, options }
}

export type ValueOf<T> = T extends Holds<infer Value, infer _> ? Value : never
type InputOf<T> = T extends Holds<infer _, infer Input> ? Input : never

/** What a decoder makes of a list of fields: all of them, whatever the version. */
export type Decoded<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F['name']]: ValueOf<F['type']>
}

type OptionalOf<F> = F extends Field<string, Type, true> ? F : never
type RequiredOf<F> = F extends Field<string, Type, false> ? F : never

/** What an encoder takes for a list of fields. Those that the version doesn't have are left out of the bytes. */
export type Encodable<Fields extends readonly Field[]> = {
  readonly [F in RequiredOf<Fields[number]> as F['name']]: InputOf<F['type']>
} & {
  readonly [F in OptionalOf<Fields[number]> as F['name']]?: InputOf<F['type']> | undefined
}

function fixed<Value extends PrimitiveType['absent']>(
  name: PrimitiveName,
  bytesMin: number,
  absent: Value & PrimitiveType['absent'],
): Type<Value> {
  const wire: Wire = { read: name, write: name, bytesMin }
  return { kind: 'primitive', classic: wire, flexible: wire, absent }
}

function sized<Value, Input = Value>(
  classic: { readonly read: keyof Reader; readonly write: keyof Writer; readonly bytesMin: number },
  flexible: { readonly read: keyof Reader; readonly write: keyof Writer },
  absent: PrimitiveType['absent'],
): Type<Value, Input> {
  return { kind: 'primitive', classic, flexible: { ...flexible, bytesMin: 1 }, absent }
}

const both = <Name extends PrimitiveName>(name: Name): { read: Name; write: Name } => ({ read: name, write: name })

export const int8 = fixed<number>('int8', 1, 0)
export const int16 = fixed<number>('int16', 2, 0)
export const int32 = fixed<number>('int32', 4, 0)
/** A number: exact up to 2^53. */
export const int64 = fixed<number>('int64', 8, 0)
export const float64 = fixed<number>('float64', 8, 0)
export const bool = fixed<boolean>('bool', 1, false)
/** 32 hexadecimal digits. */
export const uuid = fixed<string>('uuid', 16, '0'.repeat(32))

export const string = sized<string>({ ...both('string'), bytesMin: 2 }, both('compactString'), '')
export const nullableString = sized<string | null>(
  { ...both('nullableString'), bytesMin: 2 },
  both('compactNullableString'),
  null,
)
/** A text that tells people what went wrong, and may quote what was asked: an encoder cuts it to what a string can hold. */
export const errorMessage = sized<string | null>(
  { read: 'nullableString', write: 'errorMessage', bytesMin: 2 },
  { read: 'compactNullableString', write: 'compactErrorMessage' },
  null,
)
export const bytes = sized<Uint8Array>({ ...both('bytes'), bytesMin: 4 }, both('compactBytes'), null)
/** Record batches: decoded to one view of the frame, encoded from one piece or several, without copying large ones. */
export const records = sized<Uint8Array | null, Uint8Array | readonly Uint8Array[] | null>(
  { read: 'nullableBytes', write: 'records', bytesMin: 4 },
  { read: 'compactNullableBytes', write: 'compactRecords' },
  null,
)

export const array = <T extends Type>(of: T): Type<readonly ValueOf<T>[], readonly InputOf<T>[]> => ({
  kind: 'array',
  of,
  nullable: false,
})
export const nullableArray = <T extends Type>(
  of: T,
): Type<readonly ValueOf<T>[] | null, readonly InputOf<T>[] | null> => ({ kind: 'array', of, nullable: true })

export const struct = <const Fields extends readonly Field[]>(
  ...fields: Fields
): Type<Decoded<Fields>, Encodable<Fields>> => ({ kind: 'struct', fields, nullable: false })

/** A structure that stands in a tagged field: null where it is absent. */
export const optionalStruct = <const Fields extends readonly Field[]>(
  ...fields: Fields
): Type<Decoded<Fields> | null, Encodable<Fields> | null> => ({ kind: 'struct', fields, nullable: false })

/** A structure that stands among the plain fields and may be null. */
export const nullableStruct = <const Fields extends readonly Field[]>(
  ...fields: Fields
): Type<Decoded<Fields> | null, Encodable<Fields> | null> => ({ kind: 'struct', fields, nullable: true })

/** Whether messages of `version` carry the field. */
export const isIn = ({ options: { since = 0, until = Infinity } }: Field, version: number): boolean =>
  version >= since && version <= until

/** What the field holds where it is absent. */
export function absentValue({ type, options }: Field): unknown {
  if (options.default !== undefined) return options.default
  if (type.kind === 'array') return type.nullable ? null : []
  return type.kind === 'struct' ? null : type.absent
}
