import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A message as Apache Kafka defines it, in JSON with comments. */
export interface Definition {
  readonly apiKey: number
  readonly name: string
  readonly type: 'request' | 'response'
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly DefinedField[]
}

export interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly default?: string | number | boolean
  readonly tag?: number
  readonly taggedVersions?: string
  readonly fields?: readonly DefinedField[]
}

/** The definitions of a folder, by `<api key> <request or response>`. */
export function readDefinitions(from: string): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>()
  for (const file of readdirSync(from).filter((name) => /(Request|Response)\.json$/.test(name))) {
    const text = readFileSync(join(from, file), 'utf8').replace(/^\s*\/\/.*$/gm, '')
    const definition = JSON.parse(text) as Definition
    found.set(`${definition.apiKey} ${definition.type}`, definition)
  }
  return found
}

/** Whether a range such as `3+`, `0-4`, `2` or `none` has a version. */
export function isWithin(range: string | undefined, version: number): boolean {
  if (range === undefined || range === 'none') return false
  const [, min, plus, max] = /^(\d+)(\+)?(?:-(\d+))?$/.exec(range)!
  return version >= Number(min) && version <= (plus ? Infinity : Number(max ?? min))
}

export interface PlacedField {
  /** Such as `topics.partitions.offset`. */
  readonly path: string
  readonly field: DefinedField
  readonly isArray: boolean
  /** Undefined: it is no structure. */
  readonly fields: readonly DefinedField[] | undefined
}

/** All fields that a definition has in a version, those inside others too, in their order on the wire. */
export function placedFields(definition: Definition, version: number): PlacedField[] {
  const structs = new Map((definition.commonStructs ?? []).map((each) => [each.name, each.fields ?? []]))
  const placed: PlacedField[] = []
  const visit = (all: readonly DefinedField[], path: string): void => {
    for (const field of all.filter(({ versions }) => isWithin(versions, version))) {
      const name = path + field.name[0]!.toLowerCase() + field.name.slice(1)
      const fields = field.fields ?? structs.get(field.type.replace('[]', ''))
      placed.push({ path: name, field, isArray: field.type.startsWith('[]'), fields })
      if (fields) visit(fields, `${name}.`)
    }
  }
  visit(definition.fields, '')
  return placed
}
