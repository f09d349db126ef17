import { isIP } from 'node:net'

/** Whom a quota is for: one name or the default (null) of one type or of two. */
export type QuotaEntity = readonly QuotaEntityPart[]

export interface QuotaEntityPart {
  /** `user`, `client-id` or `ip`. */
  readonly type: string
  /** Null: the default, for all that have no quota of their own. */
  readonly name: string | null
}

export const entityTypes = ['user', 'client-id', 'ip'] as const
export type EntityType = (typeof entityTypes)[number]

const nameBytesMax = 400

export const isEntityType = (type: string): type is EntityType => (entityTypes as readonly string[]).includes(type)

/** What is wrong with an entity, in words; undefined when nothing is. */
export function entityProblem(entity: QuotaEntity): string | undefined {
  if (entity.length === 0) return 'Invalid empty client quota entity'
  const types = entity.map(({ type }) => type)
  const unknown = types.find((type) => !isEntityType(type))
  if (unknown !== undefined) return `Unhandled client quota entity type: ${unknown.slice(0, 100)}`
  if (new Set(types).size < types.length) return 'An entity names each type once'
  if (types.includes('ip') && types.length > 1) {
    return 'Invalid quota entity combination, IP entity should not be combined with User or ClientId'
  }
  return entity.map(nameProblem).find((problem) => problem !== undefined)
}

function nameProblem({ type, name }: QuotaEntityPart): string | undefined {
  if (name === null) return undefined
  if (name === '') return `Empty ${type} not supported`
  if (Buffer.byteLength(name) > nameBytesMax) return `The name of a ${type} has at most ${nameBytesMax} bytes`
  return type === 'ip' && isIP(name) === 0 ? `${name.slice(0, 100)} is not a valid IP` : undefined
}

/** The same for the same entity, in whatever order its parts are named. */
export const entityKey = (entity: QuotaEntity): string =>
  JSON.stringify(entity.map(({ type, name }) => [type, name]).sort(([a], [b]) => (a! < b! ? -1 : 1)))

export const entityOf = (key: string): QuotaEntity =>
  (JSON.parse(key) as [string, string | null][]).map(([type, name]) => ({ type, name }))
