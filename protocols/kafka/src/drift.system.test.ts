import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { peer } from '@koine/base/testing'
import type { Field, Type } from './schema/types.ts'
import { isIn } from './schema/types.ts'
import { kafkaDefinitions } from './testing/kafka-definitions.ts'
import { everyMessage } from './testing/versions.ts'

interface Definition {
  readonly apiKey: number
  readonly type: 'request' | 'response'
  readonly flexibleVersions: string
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly DefinedField[]
}

interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly tag?: number
  readonly taggedVersions?: string
  readonly fields?: readonly DefinedField[]
}

function isWithin(range: string, version: number): boolean {
  if (range === 'none') return false
  const [, min, plus, max] = /^(\d+)(\+)?(?:-(\d+))?$/.exec(range)!
  return version >= Number(min) && version <= (plus ? Infinity : Number(max ?? min))
}

function definitions(from: string): Map<string, Definition> {
  const found = new Map<string, Definition>()
  for (const file of readdirSync(from).filter((name) => /(Request|Response)\.json$/.test(name))) {
    const text = readFileSync(join(from, file), 'utf8').replace(/^\s*\/\/.*$/gm, '')
    const definition = JSON.parse(text) as Definition
    found.set(`${definition.apiKey} ${definition.type}`, definition)
  }
  return found
}

/** `path type tag` of all fields that a definition has in a version. */
function definedShape(definition: Definition, version: number): string[] {
  const structs = new Map((definition.commonStructs ?? []).map((each) => [each.name, each.fields ?? []]))
  const shape: string[] = []
  const visit = (fields: readonly DefinedField[], path: string): void => {
    for (const field of fields.filter(({ versions }) => isWithin(versions, version))) {
      const name = path + field.name[0]!.toLowerCase() + field.name.slice(1)
      const isTagged = field.tag !== undefined && isWithin(field.taggedVersions!, version)
      const element = field.type.replace('[]', '')
      const inner = field.fields ?? structs.get(element)
      const type = (field.type.startsWith('[]') ? 'array ' : '') + (inner ? 'struct' : element)
      shape.push(`${name}: ${type}${isTagged ? ` tag ${field.tag}` : ''}`)
      if (inner) visit(inner, `${name}.`)
    }
  }
  visit(definition.fields, '')
  return shape
}

function tableShape(fields: readonly Field[], version: number): string[] {
  const shape: string[] = []
  const visit = (fields: readonly Field[], path: string): void => {
    for (const field of fields.filter((each) => isIn(each, version))) {
      const name = path + field.name
      const { tag } = field.options
      const element = field.type.kind === 'array' ? field.type.of : field.type
      const type = (field.type.kind === 'array' ? 'array ' : '') + nameOf(element)
      shape.push(`${name}: ${type}${tag === undefined ? '' : ` tag ${tag}`}`)
      if (element.kind === 'struct') visit(element.fields, `${name}.`)
    }
  }
  visit(fields, '')
  return shape
}

function nameOf(type: Type): string {
  if (type.kind !== 'primitive') return type.kind
  if (type.classic.write === 'records') return 'records'
  return type.classic.read.replace('nullableString', 'string')
}

test(
  'the tables agree with the definitions of Apache Kafka',
  { skip: process.env.KOINE_KAFKA_MESSAGES ? false : peer('mvn', 'jar') },
  async () => {
    const defined = definitions(await kafkaDefinitions())
    for (const { name, api, kind, message, version } of everyMessage()) {
      const definition = defined.get(`${api.key} ${kind}`)
      assert.ok(definition, name)
      assert.deepEqual(tableShape(message.fields, version), definedShape(definition, version), name)
      const isFlexible = api.flexibleSince !== undefined && version >= api.flexibleSince
      assert.equal(isFlexible, isWithin(definition.flexibleVersions, version), `${name} is flexible`)
    }
  },
)
