import type { ConversationId, MessageId, UserId } from '@koine/base'
import type { PushMessage } from '../push/push-message.ts'

/** A push that is of use for an hour. */
export const examplePush = (nowMs: number): PushMessage => ({
  conversationId: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8' as ConversationId,
  messageId: 'msg_01kb2x3yt4e5v8p9q0r1s2t3v9' as MessageId,
  seq: 42,
  senderId: 'user_01kb2x3yt4e5v8p9q0r1s2t3v6' as UserId,
  sentAt: new Date(nowMs).toISOString(),
  title: 'Asha',
  body: 'Hello, Ben.',
  expiresAtMs: nowMs + 3_600_000,
})

export const noSignal = new AbortController().signal
