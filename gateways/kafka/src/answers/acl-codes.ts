import type { Acl, AclFilter, AclOperation, AclResourceType } from '@koine/services-streams'

/** Numbers of the protocol for what ACLs say (`ResourceType`, `PatternType`, `AclOperation`, `AclPermissionType`). */
const any = 1
const match = 2

const resourceTypes: { readonly [type in AclResourceType]: number } = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
}
const patterns: { readonly [pattern in Acl['pattern']]: number } = { literal: 3, prefixed: 4 }
/** Also an operation's bit in a set of them (KIP-430). */
export const operationCodes: { readonly [operation in AclOperation]: number } = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
}
const permissions: { readonly [permission in Acl['permission']]: number } = { deny: 2, allow: 3 }

const namesOf = <Name extends string>(codes: { readonly [name in Name]: number }): ReadonlyMap<number, Name> =>
  new Map(Object.entries<number>(codes).map(([name, code]) => [code, name as Name]))

const resourceTypeNames = namesOf(resourceTypes)
const patternNames = namesOf(patterns)
const operationNames = namesOf(operationCodes)
const permissionNames = namesOf(permissions)

interface WireRule {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export const ruleOf = ({ principal, host, operation, permission }: Acl): WireRule => ({
  principal,
  host,
  operation: operationCodes[operation],
  permissionType: permissions[permission],
})

export const resourceOf = ({ resourceType, name, pattern }: Acl) => ({
  resourceType: resourceTypes[resourceType],
  resourceName: name,
  patternType: patterns[pattern],
})

interface WireAcl extends WireRule {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
}

/** Undefined when a number in it stands for nothing that a rule can say. */
export function aclOf(wire: WireAcl): Acl | undefined {
  const resourceType = resourceTypeNames.get(wire.resourceType)
  const pattern = patternNames.get(wire.resourcePatternType)
  const operation = operationNames.get(wire.operation)
  const permission = permissionNames.get(wire.permissionType)
  if (!resourceType || !pattern || !operation || !permission) return undefined
  const { resourceName: name, principal, host } = wire
  return { resourceType, name, pattern, principal, host, operation, permission }
}

interface WireFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** Undefined when a number in it stands for nothing that can be asked for. */
export function filterOf(wire: WireFilter): AclFilter | undefined {
  const resourceType = wanted(wire.resourceTypeFilter, resourceTypeNames)
  const pattern =
    wire.patternTypeFilter === match ? { it: 'match' as const } : wanted(wire.patternTypeFilter, patternNames)
  const operation = wanted(wire.operation, operationNames)
  const permission = wanted(wire.permissionType, permissionNames)
  if (!resourceType || !pattern || !operation || !permission) return undefined
  const { resourceNameFilter: name, principalFilter: principal, hostFilter: host } = wire
  return {
    ...(resourceType.it && { resourceType: resourceType.it }),
    ...(pattern.it && { pattern: pattern.it }),
    ...(operation.it && { operation: operation.it }),
    ...(permission.it && { permission: permission.it }),
    ...(name !== null && { name }),
    ...(principal !== null && { principal }),
    ...(host !== null && { host }),
  }
}

/** What a number of a filter asks for: nothing in particular for `any`; undefined for one that isn't known. */
function wanted<Name extends string>(code: number, names: ReadonlyMap<number, Name>): { it?: Name } | undefined {
  if (code === any) return {}
  const it = names.get(code)
  return it && { it }
}
