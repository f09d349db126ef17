import { type Static, Type } from 'typebox'
import { ApiKeyId, exampleIds, exampleTime, Name, TenantId, Time } from './fields.ts'
import { pageOf } from './page.ts'

export const Tenant = Type.Object(
  {
    id: TenantId,
    name: Name,
    status: Type.Enum(['active', 'suspended', 'deleting'], {
      type: 'string',
      description: '`suspended`: its credentials are refused for now. `deleting`: they are dead and the data is going.',
    }),
    createdAt: Time,
  },
  { title: 'Tenant', examples: [{ id: exampleIds.tenant, name: 'Acme', status: 'active', createdAt: exampleTime }] },
)
export type Tenant = Static<typeof Tenant>

export const NewTenant = Type.Object(
  { name: Name },
  { title: 'NewTenant', additionalProperties: false, examples: [{ name: 'Acme' }] },
)
export type NewTenant = Static<typeof NewTenant>

const apiKeyFields = {
  id: ApiKeyId,
  name: Name,
  createdAt: Time,
  expiresAt: Type.Optional(Time),
  revokedAt: Type.Optional(Time),
}
const exampleKey = { id: exampleIds.key, name: 'backend', createdAt: exampleTime }

export const ApiKey = Type.Object(apiKeyFields, { title: 'ApiKey', examples: [exampleKey] })
export type ApiKey = Static<typeof ApiKey>

export const ApiKeyWithSecret = Type.Object(
  {
    ...apiKeyFields,
    secret: Type.String({ description: 'Shown once: only a hash of it is kept. Use it as `Bearer <id>.<secret>`.' }),
  },
  { title: 'ApiKeyWithSecret', examples: [{ ...exampleKey, secret: 'kS0m3Tw0Hundr3dAndF1ftyS1xB1tsOfChanc3xyz01' }] },
)
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>

export const NewApiKey = Type.Object(
  { name: Type.Optional(Name), expiresAt: Type.Optional(Time) },
  { title: 'NewApiKey', additionalProperties: false, examples: [{ name: 'backend' }] },
)
export type NewApiKey = Static<typeof NewApiKey>

export const TenantPage = pageOf(Tenant, 'TenantPage')
export const ApiKeyPage = pageOf(ApiKey, 'ApiKeyPage')
