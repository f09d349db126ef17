import type { Operation, ResourceType } from './access.ts'

/** Kafka's, of which those for delegation tokens and two-phase commit can be kept and never have an effect here. */
export type AclOperation = Operation | 'all' | 'create-tokens' | 'describe-tokens' | 'two-phase-commit'
export type AclResourceType = ResourceType | 'delegation-token'

/** The name that a literal pattern of all names has. */
export const anyName = '*'
export const anyHost = '*'
/** Whoever has signed in. */
export const anyPrincipal = 'User:*'

/** One rule: whom it is about, from where, what it allows or denies, and on which resources. */
export interface Acl {
  readonly resourceType: AclResourceType
  /** Of one resource, or of all (`*`); the start of their names when the pattern is prefixed. */
  readonly name: string
  readonly pattern: 'literal' | 'prefixed'
  /** `User:` and the name of a user or the id of an API key, `Scope:` and a scope of API keys, or `User:*`. */
  readonly principal: string
  /** An address as the client is seen to have, or `*`. */
  readonly host: string
  readonly operation: AclOperation
  readonly permission: 'allow' | 'deny'
}

/** Equal for equal ACLs and for no others. */
export const identityOf = ({ resourceType, name, pattern, principal, host, operation, permission }: Acl): string =>
  JSON.stringify([resourceType, pattern, name, principal, host, operation, permission])

/** Describes ACLs, each part left out standing for any. */
export interface AclFilter {
  readonly resourceType?: AclResourceType
  readonly name?: string
  /** `match`: every pattern that a resource of that name falls under. */
  readonly pattern?: 'literal' | 'prefixed' | 'match'
  readonly principal?: string
  readonly host?: string
  readonly operation?: AclOperation
  readonly permission?: 'allow' | 'deny'
}

export const fits = (acl: Acl, filter: AclFilter): boolean =>
  same(filter.resourceType, acl.resourceType) &&
  same(filter.principal, acl.principal) &&
  same(filter.host, acl.host) &&
  same(filter.operation, acl.operation) &&
  same(filter.permission, acl.permission) &&
  patternFits(acl, filter)

const same = (wanted: string | undefined, held: string): boolean => wanted === undefined || wanted === held

function patternFits(acl: Acl, { name, pattern }: AclFilter): boolean {
  if (pattern !== 'match') return same(pattern, acl.pattern) && same(name, acl.name)
  if (name === undefined) return true
  return acl.pattern === 'prefixed' ? name.startsWith(acl.name) : acl.name === name || acl.name === anyName
}
