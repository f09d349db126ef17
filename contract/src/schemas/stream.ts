import { type Static, Type } from 'typebox'
import { ApiKeyId, ConversationId, exampleTime, Name, TenantId, Time, UserId } from './fields.ts'
import { pageOf } from './page.ts'

export const Topic = Type.Object(
  {
    name: Type.String(),
    id: Type.String({ description: "The topic's UUID, 32 hexadecimal digits." }),
    partitions: Type.Integer({ minimum: 1 }),
    createdAt: Time,
  },
  {
    title: 'Topic',
    examples: [
      { name: 'koine.messages', id: '0192f3a4b5c67d8e9fa0b1c2d3e4f5a6', partitions: 1, createdAt: exampleTime },
    ],
  },
)
export type Topic = Static<typeof Topic>
export const TopicPage = pageOf(Topic, 'TopicPage')

/** What a visitor of a development server needs to try it: two people who can talk. */
export const Demo = Type.Object(
  {
    tenant: Type.Object({ id: TenantId, name: Name }),
    apiKey: Type.Object({ id: ApiKeyId, secret: Type.String() }),
    users: Type.Array(Type.Object({ id: UserId, name: Name, token: Type.String(), expiresAt: Time })),
    conversationId: ConversationId,
  },
  { title: 'Demo' },
)
export type Demo = Static<typeof Demo>

export const Health = Type.Object(
  { status: Type.Enum(['ok', 'starting', 'draining', 'failing'], { type: 'string' }) },
  { title: 'Health', examples: [{ status: 'ok' }] },
)
export type Health = Static<typeof Health>
