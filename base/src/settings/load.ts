import { Convert, Errors } from 'typebox/value'
import { parse as parseYaml } from 'yaml'
import { KoineError } from '../errors.ts'
import { type NamedSetting, namedSettings, type SettingsOf, type SettingsSchema } from './schema.ts'

export type SettingSource = 'default' | 'file' | 'environment' | 'flag'

export interface SettingsInput {
  /** The configuration file's name, for messages, and its YAML text; undefined when there is none. */
  readonly file?: { readonly name: string; readonly text: string }
  readonly environment: { readonly [variable: string]: string | undefined }
  /** `--name value`, `--name=value`, or `--name` alone for a boolean. */
  readonly flags: readonly string[]
}

export interface LoadedSettings<S extends SettingsSchema> {
  readonly settings: SettingsOf<S>
  /** In the schema's order. */
  readonly effective: readonly EffectiveSetting[]
  /** `KOINE_` variables that name no setting: worth a word, but no reason to stop. */
  readonly unknownVariables: readonly string[]
}

export interface EffectiveSetting extends NamedSetting {
  readonly value: unknown
  readonly source: SettingSource
}

/**
 * Settles every setting: a flag beats the environment, which beats the file, which beats the default.
 * @throws KoineError `invalid_request` with one line that names the setting, where it came from, and what it may be
 */
export function loadSettings<S extends SettingsSchema>(schema: S, input: SettingsInput): LoadedSettings<S> {
  const named = namedSettings(schema)
  const fromFile = readFile(named, input.file)
  const fromFlags = readFlags(named, input.flags)
  const effective = named.map((setting): EffectiveSetting => {
    const flag = fromFlags.get(setting.flag)
    if (flag !== undefined) return { ...setting, source: 'flag', value: convert(setting, flag, setting.flag) }
    const variable = input.environment[setting.variable]
    if (variable !== undefined) {
      return { ...setting, source: 'environment', value: convert(setting, variable, setting.variable) }
    }
    const inFile = fromFile.get(setting.name)
    if (inFile !== undefined) {
      return { ...setting, source: 'file', value: check(setting, inFile, `${setting.name} in ${input.file!.name}`) }
    }
    return { ...setting, source: 'default', value: setting.fallback }
  })
  const variables = new Set(named.map(({ variable }) => variable))
  return {
    settings: nest(effective) as SettingsOf<S>,
    effective,
    unknownVariables: Object.keys(input.environment).filter(
      (variable) => variable.startsWith('KOINE_') && !variables.has(variable),
    ),
  }
}

const refuse = (message: string): KoineError => new KoineError('invalid_request', message)

function readFile(named: readonly NamedSetting[], file: SettingsInput['file']): Map<string, unknown> {
  const values = new Map<string, unknown>()
  if (!file) return values
  let content: unknown
  try {
    content = parseYaml(file.text)
  } catch (cause) {
    throw new KoineError(
      'invalid_request',
      `${file.name} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`,
      {
        cause,
      },
    )
  }
  const known = new Set(named.map(({ name }) => name))
  const walk = (value: unknown, path: readonly string[]): void => {
    const name = path.join('.')
    if (known.has(name)) return void values.set(name, value)
    if (isMap(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key])
    } else if (path.length > 0 || value !== null) {
      throw refuse(
        `${file.name}: there is no setting ${name || '(the file must hold a map)'}${suggestion(name, [...known])}`,
      )
    }
  }
  walk(content, [])
  return values
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readFlags(named: readonly NamedSetting[], flags: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  const byFlag = new Map(named.map((setting) => [setting.flag, setting]))
  for (let i = 0; i < flags.length; i++) {
    const [flag, inline] = splitOnce(flags[i]!, '=')
    const setting = byFlag.get(flag)
    if (!setting) throw refuse(`There is no flag ${flag}${suggestion(flag, [...byFlag.keys()])}`)
    const isBoolean = (setting.type as { type?: string }).type === 'boolean'
    const next = flags[i + 1]
    if (inline !== undefined) values.set(flag, inline)
    else if (isBoolean && next !== 'true' && next !== 'false') values.set(flag, 'true')
    else if (next === undefined || next.startsWith('--')) throw refuse(`${flag} needs a value`)
    else {
      values.set(flag, next)
      i++
    }
  }
  return values
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** A value given as text: a list is separated by commas. */
function convert(setting: NamedSetting, text: string, where: string): unknown {
  const isList = (setting.type as { type?: string }).type === 'array'
  const items = isList
    ? text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
    : text
  const wantsText = (setting.type as { type?: string }).type === 'string'
  return check(setting, wantsText ? items : Convert(setting.type, items), where)
}

function check(setting: NamedSetting, value: unknown, where: string): unknown {
  const problem = Errors(setting.type, value)[0]
  if (!problem) return value
  const shown = setting.secret ? 'a value' : JSON.stringify(value)
  throw refuse(`${where}: ${shown} ${allowed(setting) ?? problem.message}`)
}

/** What a setting may be, in words; undefined where the schema's own message says it best. */
function allowed({ type }: NamedSetting): string | undefined {
  const schema = type as { type?: string; minimum?: number; maximum?: number; enum?: unknown[]; anyOf?: unknown[] }
  if (isNumberOrWord(schema.anyOf))
    return `is not a number from ${schema.anyOf[0].minimum} on or ${schema.anyOf[1].const}`
  if (schema.enum) return `is not one of ${schema.enum.join(', ')}`
  if (schema.type === 'integer') return `is not a whole number from ${schema.minimum} to ${schema.maximum}`
  if (schema.type === 'boolean') return 'is not true or false'
  return undefined
}

type NumberOrWord = [{ type: 'number'; minimum: number }, { const: string }]

/** A number for which a word may stand, such as `unlimited`. */
const isNumberOrWord = (anyOf: unknown[] | undefined): anyOf is NumberOrWord => {
  const [first, second, ...more] = (anyOf ?? []) as { type?: string; const?: unknown }[]
  return first?.type === 'number' && typeof second?.const === 'string' && more.length === 0
}

function nest(effective: readonly EffectiveSetting[]): unknown {
  const root: Record<string, unknown> = {}
  for (const { path, value } of effective) {
    let level = root
    for (const part of path.slice(0, -1)) level = (level[part] ??= {}) as Record<string, unknown>
    level[path.at(-1)!] = value
  }
  return root
}

function suggestion(given: string, known: readonly string[]): string {
  const nearest = known
    .map((name) => ({ name, distance: editDistance(given, name) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return nearest && nearest.distance <= 3 ? `; did you mean ${nearest.name}?` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
