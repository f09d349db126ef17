import { invariant } from '@koine/base/errors'
import { type Field, isIn, type Type, type Wire } from './types.ts'

/** One version of a message, as far as its form on the wire goes. */
export interface Version {
  readonly number: number
  readonly flexible: boolean
}

export interface Layout {
  /** In order. */
  readonly plain: readonly Field[]
  /** By tag. */
  readonly tagged: readonly (Field & { readonly options: { readonly tag: number } })[]
}

type TaggedField = Layout['tagged'][number]
const isTagged = (field: Field): field is TaggedField => field.options.tag !== undefined

export function layoutOf(fields: readonly Field[], version: Version): Layout {
  const present = fields.filter((field) => isIn(field, version.number))
  const tagged = present.filter(isTagged).sort((a, b) => a.options.tag - b.options.tag)
  invariant(tagged.length === 0 || version.flexible, 'Tagged fields stand in flexible versions.')
  return { plain: present.filter((field) => !isTagged(field)), tagged }
}

export const wireOf = (type: Extract<Type, { kind: 'primitive' }>, version: Version): Wire =>
  version.flexible ? type.flexible : type.classic

/** Bytes that a value of the type takes at least. */
export function bytesMinOf(type: Type, version: Version): number {
  if (type.kind === 'primitive') return wireOf(type, version).bytesMin
  if (type.kind === 'array') return version.flexible ? 1 : 4
  if (type.nullable) return 1
  const { plain } = layoutOf(type.fields, version)
  const bytes = plain.reduce((sum, field) => sum + bytesMinOf(field.type, version), version.flexible ? 1 : 0)
  return Math.max(bytes, 1)
}

export function lengthMethod(type: Extract<Type, { kind: 'array' }>, version: Version, nullable: boolean): string {
  if (version.flexible) return nullable ? 'compactNullableArrayLength' : 'compactArrayLength'
  return nullable ? 'nullableArrayLength' : 'arrayLength'
}

/** A default as it is written in generated text. */
export const literal = (value: unknown): string => JSON.stringify(value)
