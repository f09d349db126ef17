export { type ApiKey, type NewApiKey } from './api-keys.ts'
export { type ApiKeyPrincipal, type Principal } from './authentication.ts'
export { type IdempotentCall } from './idempotency.ts'
export {
  defaultQuotas,
  type OwnQuotas,
  type QuotaChanges,
  type QuotaKind,
  quotaKinds,
  quotasOf,
  type QuotaValue,
  quotaValue,
  type TenantQuotas,
} from './quotas.ts'
export { type Revoked } from './revocations.ts'
export { adminScope } from './scopes.ts'
export {
  type ScramCredential,
  scramCredentialOf,
  scramCredentialOfSalted,
  type ScramCredentials,
  scramHash,
  scramIterationsMin,
  type ScramMechanism,
  scramMechanisms,
} from './scram-credentials.ts'
export { Tenancy, type TenancyOptions } from './tenancy.ts'
export { type PageRequest, type Tenant } from './tenants.ts'
export { tokenLifeMs } from './user-tokens.ts'
export { type User } from './users.ts'
