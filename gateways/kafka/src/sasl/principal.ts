import type { ApiKeyId } from '@koine/base'
import { adminScope, type ApiKeyPrincipal } from '@koine/services-tenancy'
import type { TenantScope } from '@koine/stores-ports'

/** Who a connection is. */
export interface Principal {
  readonly scope: TenantScope
  /** As ACLs name it: first `User:` and the API key's id or the user's name, then `Scope:` and each of the key's scopes. */
  readonly names: readonly [string, ...string[]]
  /** May do everything in its tenant. */
  readonly isAdmin: boolean
  /** The API key that it is; undefined for a user of the virtual cluster. */
  readonly keyId: ApiKeyId | undefined
  /** Wall time; Infinity when it doesn't expire. */
  readonly expiresAtMs: number
}

const userType = 'User:'

/** A principal's first name without its type, as quotas name users. */
export const userName = (name: string): string => name.slice(userType.length)

export const keyPrincipal = ({ scope, keyId, scopes, expiresAtMs }: ApiKeyPrincipal): Principal => ({
  scope,
  names: [`${userType}${keyId}`, ...scopes.map((name) => `Scope:${name}`)],
  isAdmin: scopes.includes(adminScope),
  keyId,
  expiresAtMs,
})

export const userPrincipal = (scope: TenantScope, name: string): Principal => ({
  scope,
  names: [`${userType}${name}`],
  isAdmin: false,
  keyId: undefined,
  expiresAtMs: Infinity,
})

/** Kafka's name for whoever hasn't said who they are. */
export const anonymousPrincipal = (scope: TenantScope): Principal => ({
  ...userPrincipal(scope, 'ANONYMOUS'),
  isAdmin: true,
})
