import { type Static, Type } from 'typebox'
import { ConversationId, exampleIds, exampleTime, MessageId, Seq, SeqOrZero, Time, UserId } from './fields.ts'
import { pageOf } from './page.ts'

const kind = Type.Enum(['direct', 'group'], {
  type: 'string',
  description: '`direct`: exactly two members, and one conversation for a pair. `group`: any number.',
})
const exampleConversation = {
  id: exampleIds.conversation,
  kind: 'direct',
  members: [exampleIds.asha, exampleIds.ben],
  createdAt: exampleTime,
  lastSeq: 1,
}
const exampleNewMessage = { clientMessageId: '7f0c3c5e-0001', text: 'Hello, Ben.' }
const exampleMessage = {
  id: exampleIds.message,
  conversationId: exampleIds.conversation,
  seq: 1,
  senderId: exampleIds.asha,
  ...exampleNewMessage,
  sentAt: exampleTime,
}

export const Conversation = Type.Object(
  {
    id: ConversationId,
    kind,
    members: Type.Array(UserId),
    createdAt: Time,
    lastSeq: Type.Integer({ minimum: 0, description: 'The `seq` of the newest message; 0 when there is none.' }),
  },
  { title: 'Conversation', examples: [exampleConversation] },
)
export type Conversation = Static<typeof Conversation>

export const NewConversation = Type.Object(
  { kind, members: Type.Array(UserId, { minItems: 1, maxItems: 1000 }) },
  {
    title: 'NewConversation',
    additionalProperties: false,
    examples: [{ kind: 'direct', members: [exampleIds.asha, exampleIds.ben] }],
  },
)
export type NewConversation = Static<typeof NewConversation>

const clientMessageId = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Printable ASCII, chosen by the sender. Sending it again with the same text answers the same message.',
})
const text = Type.String({ description: 'At most 64 KiB of UTF-8.' })

export const NewMessage = Type.Object(
  { clientMessageId, text: Type.String({ minLength: 1, description: 'At most 64 KiB of UTF-8.' }) },
  { title: 'NewMessage', additionalProperties: false, examples: [exampleNewMessage] },
)
export type NewMessage = Static<typeof NewMessage>

export const Message = Type.Object(
  {
    id: MessageId,
    conversationId: ConversationId,
    seq: { ...Seq, description: 'Its place in the conversation: 1 for the first, without gaps.' },
    senderId: UserId,
    clientMessageId,
    text,
    sentAt: Time,
  },
  { title: 'Message', examples: [exampleMessage] },
)
export type Message = Static<typeof Message>

export const History = Type.Object(
  {
    data: Type.Array(Message, { description: 'Ascending by `seq`.' }),
    hasMore: Type.Boolean({ description: 'Whether there are more in the direction asked for.' }),
  },
  { title: 'History', examples: [{ data: [exampleMessage], hasMore: false }] },
)
export type History = Static<typeof History>

export const ReadPosition = Type.Object(
  { seq: SeqOrZero },
  { title: 'ReadPosition', additionalProperties: false, examples: [{ seq: 1 }] },
)
export type ReadPosition = Static<typeof ReadPosition>

export const ReadResult = Type.Object(
  { readSeq: Type.Integer({ minimum: 0, description: 'Never goes back, and never past the newest message.' }) },
  { title: 'ReadResult', examples: [{ readSeq: 1 }] },
)
export type ReadResult = Static<typeof ReadResult>

export const InboxEntry = Type.Object(
  {
    conversation: Conversation,
    lastMessage: Type.Optional(Message),
    readSeq: Type.Integer({ minimum: 0 }),
    unread: Type.Integer({ minimum: 0 }),
  },
  {
    title: 'InboxEntry',
    examples: [{ conversation: exampleConversation, lastMessage: exampleMessage, readSeq: 0, unread: 1 }],
  },
)
export type InboxEntry = Static<typeof InboxEntry>

export const InboxPage = pageOf(InboxEntry, 'InboxPage')
