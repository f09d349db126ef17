import { isEntityType, type QuotaEntity } from './quota-entity.ts'

/** Which entities are meant: those that have all the parts named, and nothing beside them when `strict`. */
export interface QuotaFilter {
  readonly parts: readonly QuotaFilterPart[]
  readonly strict: boolean
}

export interface QuotaFilterPart {
  readonly type: string
  /** A name, the default, or whatever there is. */
  readonly match: { readonly name: string } | 'default' | 'any'
}

export interface FilterProblem {
  readonly reason: 'invalid-quota' | 'unknown-entity-type'
  readonly message: string
}

export function filterProblem({ parts }: QuotaFilter): FilterProblem | undefined {
  const invalid = (message: string): FilterProblem => ({ reason: 'invalid-quota', message })
  const types = parts.map(({ type }) => type)
  if (types.includes('')) return invalid('Invalid empty entity type.')
  const unknown = types.find((type) => !isEntityType(type))
  if (unknown !== undefined) {
    return { reason: 'unknown-entity-type', message: `Custom entity type '${unknown.slice(0, 100)}' not supported` }
  }
  const repeated = types.find((type, i) => types.indexOf(type) !== i)
  if (repeated !== undefined) return invalid(`Entity type ${repeated} cannot appear more than once in the filter.`)
  if (types.includes('ip') && types.length > 1) {
    const message = 'IP filter component should not be used with user or clientId filter component.'
    return invalid(`Invalid entity filter component combination. ${message}`)
  }
  return undefined
}

export function matches({ parts, strict }: QuotaFilter, entity: QuotaEntity): boolean {
  if (strict && entity.length !== parts.length) return false
  return parts.every(({ type, match }) => {
    const part = entity.find((each) => each.type === type)
    if (!part || match === 'any') return part !== undefined
    return part.name === (match === 'default' ? null : match.name)
  })
}
