import { type Static, Type } from 'typebox'

/** A message as everyone in the conversation sees it. `seq` counts from 1 without gaps within the conversation. */
export const messageSchema = Type.Object({
  id: Type.String(),
  conversationId: Type.String(),
  seq: Type.Integer({ minimum: 1 }),
  senderId: Type.String(),
  clientMessageId: Type.String(),
  text: Type.String(),
  /** ISO 8601, UTC. */
  sentAt: Type.String(),
})

/** `lastSeq` is the sequence number of its latest message, 0 when it has none. */
export const conversationSchema = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('direct'), Type.Literal('group')]),
  members: Type.Array(Type.String()),
  createdAt: Type.String(),
  lastSeq: Type.Integer({ minimum: 0 }),
})

export type RealtimeMessage = Readonly<Static<typeof messageSchema>>
export type RealtimeConversation = Readonly<Omit<Static<typeof conversationSchema>, 'members'>> & {
  readonly members: readonly string[]
}
