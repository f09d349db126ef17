import { type DocumentedKind, type DocumentedKinds, partsOf, type SettingKind, valueProblem } from './setting-kinds.ts'

/** What was set, by name. What isn't set has its default. */
export type Settings = { readonly [name: string]: string }

/** One setting, as it is told. */
export interface Setting extends Omit<DocumentedKind, 'problem'> {
  readonly name: string
  readonly value: string
  /** False: it has its default. */
  readonly isSet: boolean
}

export interface SettingChange {
  readonly name: string
  /** `append` and `subtract` are for the values of lists. */
  readonly operation: 'set' | 'delete' | 'append' | 'subtract'
  /** Not looked at where it is deleted. */
  readonly value: string
}

/** What a change starts from: the settings there are, changed one after another, or none. */
export type SettingsChange = { readonly alter: readonly SettingChange[] } | { readonly replace: Settings }

/** All of `kinds`, with the values that were set and the defaults of the others. */
export const told = (settings: Settings, kinds: DocumentedKinds): readonly Setting[] =>
  Object.entries(kinds).map(([name, kind]) => {
    const isSet = Object.hasOwn(settings, name)
    return { ...kind, name, value: isSet ? settings[name]! : kind.byDefault, isSet }
  })

/** What is wrong with settings, in words; undefined when nothing is. */
export function settingsProblem(settings: Settings, kinds: DocumentedKinds, of: string): string | undefined {
  for (const [name, value] of Object.entries(settings)) {
    const kind = kindOf(kinds, name)
    const problem = kind ? valueProblem(name, kind, value) : `Unknown ${of} config name: ${name.slice(0, 100)}`
    if (problem) return problem
  }
  return undefined
}

export type ChangedSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly message: string }

/** The settings after the change. Whether the values are good is for `settingsProblem` to say. */
export function changed(settings: Settings, change: SettingsChange, kinds: DocumentedKinds): ChangedSettings {
  if ('replace' in change) return { ok: true, settings: change.replace }
  const after = new Map(Object.entries(settings))
  for (const { name, operation, value } of change.alter) {
    const kind = kindOf(kinds, name)
    if (operation === 'set') after.set(name, value)
    else if (operation === 'delete') after.delete(name)
    else if (kind?.type !== 'list') return { ok: false, message: notAList(name, operation) }
    else after.set(name, changedList(after.get(name) ?? kind.byDefault, operation, value))
  }
  return { ok: true, settings: Object.fromEntries(after) }
}

function changedList(list: string, operation: 'append' | 'subtract', value: string): string {
  const [held, given] = [partsOf(list), partsOf(value)]
  const parts =
    operation === 'append'
      ? [...held, ...given.filter((part) => !held.includes(part))]
      : held.filter((part) => !given.includes(part))
  return parts.join(',')
}

const notAList = (name: string, operation: string): string =>
  `Can't ${operation.toUpperCase()} to key ${name.slice(0, 100)} because its type is not LIST.`

const kindOf = <Kind extends SettingKind>(kinds: { readonly [name: string]: Kind }, name: string): Kind | undefined =>
  Object.hasOwn(kinds, name) ? kinds[name] : undefined
