import { Type } from 'typebox'
import { operation } from '../operation.ts'
import { ApiKeyId, Cursor, Limit, TenantId } from '../schemas/fields.ts'
import { OwnQuotas, QuotaChanges, TenantQuotas } from '../schemas/quota.ts'
import { ApiKeyPage, ApiKeyWithSecret, NewApiKey, NewTenant, Tenant, TenantPage } from '../schemas/tenant.ts'

const params = Type.Object({ tenantId: TenantId })
const query = Type.Object(
  { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) },
  { additionalProperties: false },
)
const ofTenants = { tag: 'Tenants', auth: ['operator'] } as const
const ofQuotas = { tag: 'Quotas', auth: ['operator'] } as const
const ofKeys = { tag: 'API keys', auth: ['operator'] } as const

export const tenantOperations = {
  createTenant: operation({
    ...ofTenants,
    method: 'POST',
    path: '/v1/tenants',
    summary: 'Create a tenant',
    body: NewTenant,
    idempotent: true,
    responses: { 201: { description: 'The tenant.', schema: Tenant } },
    errors: [],
  }),
  listTenants: operation({
    ...ofTenants,
    method: 'GET',
    path: '/v1/tenants',
    summary: 'List the tenants',
    query,
    responses: { 200: { description: 'A page, the oldest first.', schema: TenantPage } },
    errors: [],
  }),
  getTenant: operation({
    ...ofTenants,
    method: 'GET',
    path: '/v1/tenants/{tenantId}',
    summary: 'Read a tenant',
    params,
    responses: { 200: { description: 'The tenant.', schema: Tenant } },
    errors: ['not_found'],
  }),
  deleteTenant: operation({
    ...ofTenants,
    method: 'DELETE',
    path: '/v1/tenants/{tenantId}',
    summary: 'Delete a tenant and everything in it',
    description:
      'Its credentials are refused and its connections closed at once. The answer comes when all of its data is gone; ' +
      'a deletion that a crash interrupts is finished at the next start.',
    params,
    responses: { 204: { description: 'It is gone.' } },
    errors: ['not_found'],
  }),
  suspendTenant: operation({
    ...ofTenants,
    method: 'POST',
    path: '/v1/tenants/{tenantId}/suspend',
    summary: 'Suspend a tenant',
    description: 'Its credentials are refused and its connections closed until it is resumed. Its data stays.',
    params,
    responses: { 200: { description: 'The tenant.', schema: Tenant } },
    errors: ['not_found'],
  }),
  resumeTenant: operation({
    ...ofTenants,
    method: 'POST',
    path: '/v1/tenants/{tenantId}/resume',
    summary: 'Resume a suspended tenant',
    params,
    responses: { 200: { description: 'The tenant.', schema: Tenant } },
    errors: ['not_found'],
  }),
  getTenantQuotas: operation({
    ...ofQuotas,
    method: 'GET',
    path: '/v1/tenants/{tenantId}/quotas',
    summary: "Read a tenant's quotas",
    params,
    responses: { 200: { description: 'What holds, and what of it is its own.', schema: TenantQuotas } },
    errors: ['not_found'],
  }),
  setTenantQuotas: operation({
    ...ofQuotas,
    method: 'PUT',
    path: '/v1/tenants/{tenantId}/quotas',
    summary: "Set a tenant's quotas",
    description:
      'Those that are not named follow the settings of the server. They hold once answered: clients that wait for the ' +
      'old ones are read again. 0 lets nothing pass.',
    params,
    body: OwnQuotas,
    responses: { 200: { description: 'What holds now.', schema: TenantQuotas } },
    errors: ['not_found'],
  }),
  changeTenantQuotas: operation({
    ...ofQuotas,
    method: 'PATCH',
    path: '/v1/tenants/{tenantId}/quotas',
    summary: "Change some of a tenant's quotas",
    params,
    body: QuotaChanges,
    responses: { 200: { description: 'What holds now.', schema: TenantQuotas } },
    errors: ['not_found'],
  }),
  createApiKey: operation({
    ...ofKeys,
    method: 'POST',
    path: '/v1/tenants/{tenantId}/api-keys',
    summary: 'Create an API key',
    description: 'The secret is in this answer and never shown again.',
    params,
    body: NewApiKey,
    bodyOptional: true,
    idempotent: true,
    responses: { 201: { description: 'The key with its secret.', schema: ApiKeyWithSecret } },
    errors: ['not_found', 'conflict'],
  }),
  listApiKeys: operation({
    ...ofKeys,
    method: 'GET',
    path: '/v1/tenants/{tenantId}/api-keys',
    summary: "List a tenant's API keys",
    description: 'Without their secrets. A revoked key stays in the list for 30 days.',
    params,
    query,
    responses: { 200: { description: 'A page, the oldest first.', schema: ApiKeyPage } },
    errors: ['not_found'],
  }),
  revokeApiKey: operation({
    ...ofKeys,
    method: 'DELETE',
    path: '/v1/tenants/{tenantId}/api-keys/{keyId}',
    summary: 'Revoke an API key',
    description: 'It is refused at once, and what is connected with it is closed.',
    params: Type.Object({ tenantId: TenantId, keyId: ApiKeyId }),
    responses: { 204: { description: 'It is revoked.' } },
    errors: ['not_found'],
  }),
} as const
