import type { Writer } from '../writer.ts'
import { layoutOf, lengthMethod, literal, type Version, wireOf } from './layout.ts'
import { Source } from './source.ts'
import { absentValue, type Field, type Type } from './types.ts'

export type Encoder = (writer: Writer, value: unknown) => void

/** Makes the encoder of one message and version; see compileDecoder. */
export function compileEncoder(fields: readonly Field[], version: Version): Encoder {
  const source = new Source()
  source.line('"use strict"')
  encodeStruct(source, 'w', 'value', fields, version)
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('w', 'value', source.toString()) as Encoder
}

function encodeStruct(source: Source, w: string, value: string, fields: readonly Field[], version: Version): void {
  const { plain, tagged } = layoutOf(fields, version)
  for (const field of plain) encodeValue(source, w, given(value, field), field.type, version)
  if (tagged.length > 0) encodeTagged(source, w, value, tagged, version)
  else if (version.flexible) source.line(`${w}.unsignedVarint(0)`)
}

/** The field's value, or its default when the caller left it out. */
function given(value: string, field: Field): string {
  const isOptional = Object.keys(field.options).length > 0
  return isOptional ? `(${value}.${field.name} ?? ${literal(absentValue(field))})` : `${value}.${field.name}`
}

function encodeTagged(
  source: Source,
  w: string,
  value: string,
  tagged: ReturnType<typeof layoutOf>['tagged'],
  version: Version,
): void {
  const count = source.name('n')
  const present = tagged.map((field) => {
    const name = source.name('t')
    source.line(`const ${name} = ${given(value, field)}`)
    return {
      field,
      name,
      test: field.type.kind === 'array' ? `${name}.length > 0` : `${name} !== ${literal(absentValue(field))}`,
    }
  })
  source.line(`const ${count} = ${present.map(({ test }) => `(${test} ? 1 : 0)`).join(' + ')}`)
  source.line(`${w}.unsignedVarint(${count})`)
  for (const { field, name, test } of present) {
    const inner = source.name('w')
    source.block(`if (${test}) ${w}.tagged(${field.options.tag}, (${inner}) =>`, () => {
      encodeValue(source, inner, name, field.type, version)
    })
    source.line(')')
  }
}

function encodeValue(source: Source, w: string, value: string, type: Type, version: Version): void {
  if (type.kind === 'primitive') return source.line(`${w}.${wireOf(type, version).write}(${value})`)
  const held = source.name('v')
  source.line(`const ${held} = ${value}`)
  if (type.kind === 'struct') {
    if (!type.nullable) return encodeStruct(source, w, held, type.fields, version)
    source.line(`${w}.presence(${held})`)
    return source.block(`if (${held} !== null)`, () => encodeStruct(source, w, held, type.fields, version))
  }
  const index = source.name('i')
  const item = source.name('e')
  source.line(`${w}.${lengthMethod(type, version, false)}(${held})`)
  const length = type.nullable ? `(${held} === null ? 0 : ${held}.length)` : `${held}.length`
  source.block(`for (let ${index} = 0; ${index} < ${length}; ${index}++)`, () => {
    source.line(`const ${item} = ${held}[${index}]`)
    encodeValue(source, w, item, type.of, version)
  })
}
