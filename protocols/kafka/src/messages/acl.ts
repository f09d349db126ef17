import { field, int8, nullableString, string } from '../schema/index.ts'

/**
 * An access rule, as far as it says who may do what. Operations: 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter,
 * 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens,
 * 14 describe tokens, 15 two-phase commit. Permissions: 2 deny, 3 allow.
 */
export const aclRule = [
  field('principal', string),
  field('host', string),
  field('operation', int8),
  field('permissionType', int8),
] as const

/**
 * Which rules are meant. Null, or 1 for a number, means any. Resource types: 2 topic, 3 group, 4 cluster,
 * 5 transactional id, 6 delegation token, 7 user. Pattern types: 1 any, 2 matching, 3 literal, 4 prefixed.
 */
export const aclFilter = [
  field('resourceTypeFilter', int8),
  field('resourceNameFilter', nullableString),
  field('patternTypeFilter', int8, { since: 1, default: 3 }),
  field('principalFilter', nullableString),
  field('hostFilter', nullableString),
  field('operation', int8),
  field('permissionType', int8),
] as const
