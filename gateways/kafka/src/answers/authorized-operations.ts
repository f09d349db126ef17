import type { Access, Operation } from '@koine/services-streams'
import { operationCodes } from './acl-codes.ts'

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
    (set, operation) => (access.may(operation, type, name) ? set | (1 << operationCodes[operation]) : set),
    0,
  )
