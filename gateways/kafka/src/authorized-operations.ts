import type { Access, Operation } from '@koine/services-streams'

/** An operation's number among ACLs, which is its bit in a set of them. */
const bits: { readonly [operation in Operation]?: number } = {
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
}

const meaningful: { readonly [type in 'topic' | 'group' | 'cluster']: readonly Operation[] } = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describe-configs', 'alter-configs'],
  group: ['read', 'delete', 'describe', 'describe-configs', 'alter-configs'],
  cluster: ['create', 'alter', 'describe', 'cluster-action', 'describe-configs', 'alter-configs', 'idempotent-write'],
}

/** What a client that didn't ask is told. */
export const operationsNotAsked = -2_147_483_648

/** What may be done with a resource, as the set of bits that descriptions tell (KIP-430). */
export const authorizedOperations = (access: Access, type: keyof typeof meaningful, name: string): number =>
  meaningful[type].reduce(
    (set, operation) => (access.may(operation, type, name) ? set | (1 << bits[operation]!) : set),
    0,
  )
