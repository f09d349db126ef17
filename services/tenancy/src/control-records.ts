import type { ApiKeyId, TenantId } from '@koine/base'
import type { RecordKey } from '@koine/stores-ports'

/**
 * Where the control plane keeps what. Tenants and running deletions are one group each, so that they can be listed;
 * a tenant's keys are a group, and `api-key-owners` finds the group from a key's id alone.
 */
export const tenantRecord = (id: TenantId): RecordKey => ({ table: 'tenants', pk: 'all', sk: id })
export const tokenSecretRecord = (id: TenantId): RecordKey => ({ table: 'token-secrets', pk: id, sk: '' })
export const deletionRecord = (id: TenantId): RecordKey => ({ table: 'tenant-deletions', pk: 'all', sk: id })
/** What the salts of unknown names are made from; the same over restarts. */
export const scramSeedRecord: RecordKey = { table: 'scram-seed', pk: 'all', sk: '' }
export const apiKeyRecord = (tenantId: TenantId, id: ApiKeyId): RecordKey => ({
  table: 'api-keys',
  pk: tenantId,
  sk: id,
})
export const apiKeyOwnerRecord = (id: ApiKeyId): RecordKey => ({ table: 'api-key-owners', pk: id, sk: '' })
