import type { Reader } from '../reader.ts'
import { bytesMinOf, layoutOf, lengthMethod, literal, type Version, wireOf } from './layout.ts'
import { Source } from './source.ts'
import { absentValue, type ArrayType, type Field, type StructType, type Type } from './types.ts'

export type Decoder = (reader: Reader) => unknown

/**
 * Makes the decoder of one message and version: straight-line JavaScript that calls the reader field by field, as one
 * would write it by hand.
 */
export function compileDecoder(fields: readonly Field[], version: Version): Decoder {
  const source = new Source()
  source.line('"use strict"')
  source.line(`return ${decodeStruct(source, fields, version)}`)
  // The text is made of the tables in this package alone.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('r', source.toString()) as Decoder
}

/** Writes the reading of a structure's fields and returns the expression that makes the object. */
function decodeStruct(source: Source, fields: readonly Field[], version: Version): string {
  const { plain, tagged } = layoutOf(fields, version)
  const held = new Map<string, string>()
  for (const field of plain) {
    const name = source.name('v')
    held.set(field.name, name)
    decodeValue(source, `const ${name}`, field.type, version)
  }
  for (const field of tagged) {
    const name = source.name('t')
    held.set(field.name, name)
    source.line(`let ${name} = ${literal(absentValue(field))}`)
  }
  if (tagged.length > 0) decodeTagged(source, tagged, held, version)
  else if (version.flexible) source.line('r.skipTaggedFields()')
  const parts = fields.map((field) => `${field.name}: ${held.get(field.name) ?? literal(absentValue(field))}`)
  return `{ ${parts.join(', ')} }`
}

function decodeTagged(
  source: Source,
  tagged: ReturnType<typeof layoutOf>['tagged'],
  held: ReadonlyMap<string, string>,
  version: Version,
): void {
  const left = source.name('n')
  source.block(`for (let ${left} = r.tagCount(); ${left} > 0; ${left}--)`, () => {
    const tag = source.name('tag')
    const end = source.name('end')
    source.line(`const ${tag} = r.unsignedVarint()`)
    source.line(`const ${end} = r.tagEnd()`)
    for (const field of tagged) {
      source.block(`if (${tag} === ${field.options.tag})`, () => {
        decodeValue(source, held.get(field.name)!, field.type, version)
        source.line(`r.expectAt(${end})`)
        source.line('continue')
      })
    }
    source.line(`r.skipTo(${end})`)
  })
}

/** Writes the reading of one value into `target`: a variable, or the declaration of one. */
function decodeValue(source: Source, target: string, type: Type, version: Version): void {
  if (type.kind === 'primitive') source.line(`${target} = r.${wireOf(type, version).read}()`)
  else if (type.kind === 'array') decodeArray(source, target, type, version)
  else if (type.nullable) decodeNullableStruct(source, target, type, version)
  else source.line(`${target} = ${decodeStruct(source, type.fields, version)}`)
}

function decodeNullableStruct(source: Source, target: string, type: StructType, version: Version): void {
  const held = source.name('s')
  source.line(`let ${held} = null`)
  source.block('if (r.isPresent())', () => {
    source.line(`${held} = ${decodeStruct(source, type.fields, version)}`)
  })
  source.line(`${target} = ${held}`)
}

function decodeArray(source: Source, target: string, type: ArrayType, version: Version): void {
  const length = source.name('n')
  const items = source.name('a')
  const index = source.name('i')
  source.line(`const ${length} = r.${lengthMethod(type, version, type.nullable)}(${bytesMinOf(type.of, version)})`)
  source.line(`const ${items} = ${type.nullable ? `${length} === null ? null : []` : '[]'}`)
  source.block(`for (let ${index} = 0; ${index} < ${length}; ${index}++)`, () => {
    const item = source.name('e')
    decodeValue(source, `const ${item}`, type.of, version)
    source.line(`${items}.push(${item})`)
  })
  source.line(`${target} = ${items}`)
}
