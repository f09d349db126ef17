import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { peer } from '@koine/base/testing'
import { apis } from './apis.ts'
import { absentValue, type Field, isIn, type Type } from './schema/types.ts'
import { type Definition, isWithin, placedFields, type PlacedField, readDefinitions } from './testing/defined-fields.ts'
import { kafkaDefinitions } from './testing/kafka-definitions.ts'
import { everyMessage, type VersionedMessage } from './testing/versions.ts'

interface TableField {
  readonly path: string
  readonly field: Field
}

/** All fields that a table has in a version, as `placedFields` has those of a definition. */
function tableFields({ message, version }: VersionedMessage): TableField[] {
  const placed: TableField[] = []
  const visit = (fields: readonly Field[], path: string): void => {
    for (const field of fields.filter((each) => isIn(each, version))) {
      placed.push({ path: path + field.name, field })
      const element = elementOf(field.type)
      if (element.kind === 'struct') visit(element.fields, `${path}${field.name}.`)
    }
  }
  visit(message.fields, '')
  return placed
}

const elementOf = (type: Type): Type => (type.kind === 'array' ? type.of : type)

function nameOf(type: Type): string {
  if (type.kind !== 'primitive') return type.kind
  if (type.classic.write === 'records') return 'records'
  return type.classic.read.replace('nullableString', 'string')
}

/** `path: type tag`: what decides a field's bytes. */
const tableShape = ({ path, field: { type, options } }: TableField): string =>
  `${path}: ${type.kind === 'array' ? 'array ' : ''}${nameOf(elementOf(type))}${tagged(options.tag)}`

const definedShape = ({ path, field, isArray, fields }: PlacedField, version: number): string =>
  `${path}: ${isArray ? 'array ' : ''}${fields ? 'struct' : field.type.replace('[]', '')}` +
  tagged(isWithin(field.taggedVersions, version) ? field.tag : undefined)

const tagged = (tag: number | undefined): string => (tag === undefined ? '' : ` tag ${tag}`)

const canBeNull = ({ field: { type } }: TableField): boolean =>
  type.kind === 'primitive' ? type.classic.read.startsWith('nullable') : type.nullable

/** Paths of the fields that may be null in some version: a table does not tell the versions of a field apart in that. */
function nullablePaths(
  messages: readonly VersionedMessage[],
  definition: Definition,
): { ours: string[]; theirs: string[] } {
  const ours = messages.flatMap((each) => tableFields(each).filter(canBeNull))
  const theirs = messages.flatMap(({ version }) =>
    placedFields(definition, version).filter(({ field }) => isWithin(field.nullableVersions, version)),
  )
  const distinct = (fields: readonly { readonly path: string }[]) => [...new Set(fields.map(({ path }) => path))].sort()
  return { ours: distinct(ours), theirs: distinct(theirs) }
}

const skip = process.env.KOINE_KAFKA_MESSAGES ? false : peer('mvn', 'jar')

describe('the tables agree with the definitions of Apache Kafka', { skip }, () => {
  let defined: ReadonlyMap<string, Definition>
  const definitionOf = ({ name, api, kind }: VersionedMessage): Definition => {
    const definition = defined.get(`${api.key} ${kind}`)
    assert.ok(definition, name)
    return definition
  }

  before(async () => {
    defined = readDefinitions(await kafkaDefinitions())
  })

  test('in the fields of each version, their order, their types and their tags', () => {
    for (const each of everyMessage()) {
      assert.deepEqual(
        tableFields(each).map(tableShape),
        placedFields(definitionOf(each), each.version).map((field) => definedShape(field, each.version)),
        each.name,
      )
    }
  })

  test('in which versions are flexible', () => {
    for (const each of everyMessage()) {
      const { flexibleSince } = each.api
      const isFlexible = flexibleSince !== undefined && each.version >= flexibleSince
      assert.equal(isFlexible, isWithin(definitionOf(each).flexibleVersions, each.version), each.name)
    }
  })

  test('in which fields may be null', () => {
    for (const messages of Map.groupBy(everyMessage(), ({ message }) => message).values()) {
      const { ours, theirs } = nullablePaths(messages, definitionOf(messages[0]!))
      assert.deepEqual(ours, theirs, messages[0]!.name)
    }
  })

  test('in what a number or a flag holds that a version lacks or an encoder is not given', () => {
    for (const each of everyMessage()) {
      const theirs = new Map(placedFields(definitionOf(each), each.version).map(({ path, field }) => [path, field]))
      for (const { path, field } of tableFields(each)) {
        const isOptional = Object.keys(field.options).length > 0
        const ours = absentValue(field)
        if (!isOptional || (typeof ours !== 'number' && typeof ours !== 'boolean')) continue
        const given = String(theirs.get(path)!.default ?? (typeof ours === 'number' ? '0' : 'false'))
        assert.equal(ours, typeof ours === 'number' ? Number(given) : given === 'true', `${each.name} ${path}`)
      }
    }
  })

  test('in their names and their versions, of which no table has one that Kafka has not', () => {
    for (const api of apis.values()) {
      const { name, validVersions } = defined.get(`${api.key} request`)!
      assert.equal(name, `${api.name}Request`)
      assert.ok(isWithin(validVersions, api.versions.max), `${api.name} ${api.versions.max}`)
      // Kafka too advertises Produce from version 0, and serves it from 3.
      if (api.name !== 'Produce')
        assert.ok(isWithin(validVersions, api.versions.min), `${api.name} ${api.versions.min}`)
    }
  })
})
