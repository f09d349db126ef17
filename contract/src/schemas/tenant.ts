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

export const Scope = Type.String({
  pattern: '^[a-z0-9.-]{1,64}$',
  description: 'A name of the tenant’s own, or `admin`.',
  examples: ['orders-service'],
})

const apiKeyFields = {
  id: ApiKeyId,
  name: Name,
  scopes: Type.Array(Scope, {
    description:
      '`admin` may do everything in its tenant. A key without it may do nothing over HTTP, and over Kafka what ACLs ' +
      'allow the principals `User:<key id>` and `Scope:<scope>`.',
  }),
  createdAt: Time,
  expiresAt: Type.Optional(Time),
  revokedAt: Type.Optional(Time),
}
const exampleKey = { id: exampleIds.key, name: 'backend', scopes: ['admin'], createdAt: exampleTime }

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
  {
    name: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(Scope, { maxItems: 16, description: '`admin` when there are none.' })),
    expiresAt: Type.Optional(Time),
  },
  {
    title: 'NewApiKey',
    additionalProperties: false,
    examples: [{ name: 'backend' }, { name: 'orders', scopes: ['orders-service'] }],
  },
)
export type NewApiKey = Static<typeof NewApiKey>

export const TenantPage = pageOf(Tenant, 'TenantPage')
export const ApiKeyPage = pageOf(ApiKey, 'ApiKeyPage')
