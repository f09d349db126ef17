import { Type } from 'typebox'
import { operation } from '../operation.ts'
import {
  Conversation,
  History,
  InboxPage,
  Message,
  NewConversation,
  NewMessage,
  ReadPosition,
  ReadResult,
} from '../schemas/conversation.ts'
import { ConversationId, Cursor, Limit, SeqOrZero } from '../schemas/fields.ts'

const params = Type.Object({ conversationId: ConversationId })
const ofUser = { tag: 'Conversations', auth: ['user'] } as const

export const conversationOperations = {
  createConversation: operation({
    tag: 'Conversations',
    auth: ['user', 'api-key'],
    method: 'POST',
    path: '/v1/conversations',
    summary: 'Create a conversation',
    description:
      'A pair of users has one direct conversation: asking for it again answers the same one. A user who creates a ' +
      'conversation is a member of it; an API key that acts for nobody names every member.',
    body: NewConversation,
    idempotent: true,
    responses: { 201: { description: 'The conversation.', schema: Conversation } },
    errors: ['not_found', 'conflict'],
  }),
  getConversation: operation({
    ...ofUser,
    method: 'GET',
    path: '/v1/conversations/{conversationId}',
    summary: 'Read a conversation',
    params,
    responses: { 200: { description: 'The conversation.', schema: Conversation } },
    errors: ['not_found'],
  }),
  sendMessage: operation({
    ...ofUser,
    method: 'POST',
    path: '/v1/conversations/{conversationId}/messages',
    summary: 'Send a message',
    description:
      'Durable once answered. Idempotent on `(conversation, sender, clientMessageId)`: the same again answers the same ' +
      'message; the same id with another text is refused.',
    params,
    body: NewMessage,
    idempotent: true,
    responses: { 201: { description: 'The message.', schema: Message } },
    errors: ['not_found', 'client_message_id_reused', 'too_large'],
  }),
  listMessages: operation({
    ...ofUser,
    method: 'GET',
    path: '/v1/conversations/{conversationId}/messages',
    summary: "Read a conversation's history",
    description:
      'Ascending by `seq`. With `after`: the first messages after it. With `before`: the last messages before it. ' +
      'With neither: the newest.',
    params,
    query: Type.Object(
      { after: Type.Optional(SeqOrZero), before: Type.Optional(SeqOrZero), limit: Type.Optional(Limit) },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'Messages.', schema: History } },
    errors: ['not_found'],
  }),
  markRead: operation({
    ...ofUser,
    method: 'POST',
    path: '/v1/conversations/{conversationId}/read',
    summary: 'Mark as read up to a message',
    params,
    body: ReadPosition,
    responses: { 200: { description: 'The position that holds now.', schema: ReadResult } },
    errors: ['not_found'],
  }),
  getInbox: operation({
    ...ofUser,
    method: 'GET',
    path: '/v1/inbox',
    summary: 'The latest conversations with what is unread',
    query: Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }, { additionalProperties: false }),
    responses: { 200: { description: 'A page, the latest first.', schema: InboxPage } },
    errors: [],
  }),
} as const
