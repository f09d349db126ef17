import type { QuotaEntity } from './quota-entity.ts'

export interface QuotaChange {
  readonly key: string
  /** Undefined: the quota goes. */
  readonly value: number | undefined
}

export type QuotaValues = { readonly [key: string]: number }

type Kind = 'long' | 'int' | 'double'

const ofClients: { readonly [key: string]: Kind } = {
  consumer_byte_rate: 'long',
  controller_mutation_rate: 'double',
  producer_byte_rate: 'long',
  request_percentage: 'double',
}
const ofAddresses: { readonly [key: string]: Kind } = { connection_creation_rate: 'int' }

const largest: { readonly [kind in Kind]: number } = {
  long: Number.MAX_SAFE_INTEGER,
  int: 2_147_483_647,
  double: Number.MAX_VALUE,
}

/** What is wrong with a change of an entity's quotas, in words; undefined when nothing is. */
export function quotaProblem(entity: QuotaEntity, { key, value }: QuotaChange): string | undefined {
  const kinds = entity.some(({ type }) => type === 'ip') ? ofAddresses : ofClients
  const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
  if (!kind) return `Invalid configuration key ${key.slice(0, 100)}`
  if (value === undefined) return undefined
  if (!(value > 0)) return `Quota ${key} must be greater than 0`
  if (kind !== 'double' && !Number.isInteger(value)) return `Quota ${key} must be a whole number`
  return value > largest[kind] ? `Quota ${key} can be at most ${largest[kind]}` : undefined
}

export function changedQuotas(values: QuotaValues, changes: readonly QuotaChange[]): QuotaValues {
  const after = new Map(Object.entries(values))
  for (const { key, value } of changes) {
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  return Object.fromEntries(after)
}
