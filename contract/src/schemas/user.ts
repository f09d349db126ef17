import { type Static, Type } from 'typebox'
import { ApiKeyId, exampleIds, exampleTime, Name, TenantId, Time, UserId } from './fields.ts'
import { pageOf } from './page.ts'

const exampleUser = { id: exampleIds.asha, name: 'Asha', createdAt: exampleTime }

export const User = Type.Object({ id: UserId, name: Name, createdAt: Time }, { title: 'User', examples: [exampleUser] })
export type User = Static<typeof User>

export const NewUser = Type.Object(
  { name: Name },
  { title: 'NewUser', additionalProperties: false, examples: [{ name: 'Asha' }] },
)
export type NewUser = Static<typeof NewUser>

export const UserPage = pageOf(User, 'UserPage')

export const NewUserToken = Type.Object(
  {
    expiresInMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 24 * 3600 * 1000,
        default: 3600 * 1000,
        description: 'An hour when not given, a day at most.',
      }),
    ),
  },
  { title: 'NewUserToken', additionalProperties: false, examples: [{ expiresInMs: 3600 * 1000 }] },
)
export type NewUserToken = Static<typeof NewUserToken>

export const UserToken = Type.Object(
  {
    token: Type.String({ description: 'A JWT. Use it as `Bearer <token>` and to connect to `/v1/realtime`.' }),
    expiresAt: Time,
  },
  {
    title: 'UserToken',
    examples: [{ token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXyJ9.c2ln', expiresAt: exampleTime }],
  },
)
export type UserToken = Static<typeof UserToken>

export const Me = Type.Object(
  {
    kind: Type.Enum(['operator', 'api-key', 'user'], { type: 'string' }),
    tenant: Type.Optional(Type.Object({ id: TenantId, name: Name })),
    apiKeyId: Type.Optional(ApiKeyId),
    user: Type.Optional(User),
    expiresAt: Type.Optional(Time),
  },
  {
    title: 'Me',
    description: 'Whom the credential stands for. With an API key that acts for a user, both are there.',
    examples: [
      { kind: 'user', tenant: { id: exampleIds.tenant, name: 'Acme' }, user: exampleUser, expiresAt: exampleTime },
    ],
  },
)
export type Me = Static<typeof Me>
