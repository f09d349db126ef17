/** How Kafka calls the types of settings; the gateway knows their numbers. */
export type SettingType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list'

/** What a setting may hold. */
export interface SettingKind {
  readonly type: SettingType
  readonly byDefault: string
  /** What is wrong with a value, in Kafka's words after `Invalid value … for configuration …: `; undefined when nothing is. */
  readonly problem: (value: string) => string | undefined
}

/** A setting of a topic or a group, whose default is a setting of the broker. */
export interface DocumentedKind extends SettingKind {
  readonly documentation: string
  /** The broker's setting that gives the default … */
  readonly broker?: string
  /** … and what it is there, where that is told in another unit. */
  readonly brokerDefault?: string
}

export type DocumentedKinds = { readonly [name: string]: DocumentedKind }

export const documented = (
  kind: SettingKind,
  documentation: string,
  broker: Pick<DocumentedKind, 'broker' | 'brokerDefault'> = {},
): DocumentedKind => ({ ...kind, documentation, ...broker })

interface Range {
  readonly atLeast?: number
  readonly atMost?: number
}

/** The largest number of Kafka's type `long`: for most settings, never. */
export const longMax = '9223372036854775807'
const intMax = 2_147_483_647n
const wholeNumber = /^[+-]?\d{1,19}$/

function whole(type: 'int' | 'long', byDefault: number | string, { atLeast, atMost }: Range): SettingKind {
  const largest = type === 'int' ? intMax : BigInt(longMax)
  const problem = (text: string): string | undefined => {
    if (!wholeNumber.test(text.trim())) return `Not a number of type ${type.toUpperCase()}`
    const value = BigInt(text.trim().replace('+', ''))
    if (value > largest || value < -largest - 1n) return `Not a number of type ${type.toUpperCase()}`
    if (atLeast !== undefined && value < atLeast) return `Value must be at least ${atLeast}`
    return atMost !== undefined && value > atMost ? `Value must be no more than ${atMost}` : undefined
  }
  return { type, byDefault: `${byDefault}`, problem }
}

export const int = (byDefault: number, range: Range = {}): SettingKind => whole('int', byDefault, range)

/** Milliseconds or bytes: more than 2^53 of either is rounded wherever it is used, which changes nothing. */
export const long = (byDefault: number | string, range: Range = {}): SettingKind => whole('long', byDefault, range)

export const fraction = (byDefault: string): SettingKind => ({
  type: 'double',
  byDefault,
  problem(text) {
    const value = Number(text)
    if (text.trim() === '' || Number.isNaN(value)) return 'Not a number of type DOUBLE'
    if (value < 0) return 'Value must be at least 0'
    return value > 1 ? 'Value must be no more than 1' : undefined
  },
})

export const boolean = (byDefault: boolean): SettingKind => ({
  type: 'boolean',
  byDefault: `${byDefault}`,
  problem: (text) =>
    ['true', 'false'].includes(text.trim().toLowerCase()) ? undefined : 'Expected value to be either true or false',
})

export const oneOf = (byDefault: string, values: readonly string[]): SettingKind => ({
  type: 'string',
  byDefault,
  problem: (text) => (values.includes(text.trim()) ? undefined : `String must be one of: ${values.join(', ')}`),
})

export const listOf = (byDefault: string, values: readonly string[]): SettingKind => ({
  type: 'list',
  byDefault,
  problem: (text) =>
    partsOf(text).every((part) => values.includes(part)) ? undefined : `String must be one of: ${values.join(', ')}`,
})

const replicas = /^\d+:\d+$/

/** Kafka's lists of replicas that replication goes slower for. */
export const throttledReplicas: SettingKind = {
  type: 'list',
  byDefault: '',
  problem(text) {
    const parts = partsOf(text)
    const isValid = text.trim() === '*' || parts.every((part) => replicas.test(part))
    return isValid ? undefined : "It is '*' or a list of [partitionId]:[brokerId]"
  },
}

/** A kind that takes fewer values than Kafka does, because there is no more that this server would do. */
export const restricted = (kind: SettingKind, only: readonly string[], why: string): SettingKind => ({
  ...kind,
  problem: (text) => kind.problem(text) ?? (only.includes(text.trim().toLowerCase()) ? undefined : why),
})

/** The values of a list, without the blanks around them. */
export const partsOf = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** What is wrong with a value, as a whole sentence of Kafka's; undefined when nothing is. */
export function valueProblem(name: string, kind: SettingKind, value: string): string | undefined {
  const problem = kind.problem(value)
  return problem && `Invalid value ${value.slice(0, 100)} for configuration ${name}: ${problem}`
}
