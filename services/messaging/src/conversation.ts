import type { ConversationId, MessageId, UserId } from '@koine/base'
import type { Change } from './changes/change-records.ts'

/** Two people, always the same conversation for one pair; or any number of them. */
export type ConversationKind = 'direct' | 'group'

export interface Conversation {
  readonly id: ConversationId
  readonly kind: ConversationKind
  readonly members: readonly UserId[]
  /** ISO 8601. */
  readonly createdAt: string
  /** The sequence number of the latest message; 0 when there is none. */
  readonly lastSeq: number
}

export interface Message {
  readonly id: MessageId
  readonly conversationId: ConversationId
  /** 1, 2, 3 … within the conversation, without gaps. */
  readonly seq: number
  readonly senderId: UserId
  readonly clientMessageId: string
  readonly text: string
  /** ISO 8601. */
  readonly sentAt: string
}

/** What reaches connected devices. Its JSON is what travels between nodes. */
export type LiveEvent =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'read'; readonly conversationId: ConversationId; readonly userId: UserId; readonly seq: number }
  | { readonly type: 'conversation'; readonly conversation: Conversation }
  | UserChanged

/** The user's change log holds these now. Tells a node what a device must have got; devices don't hear of it. */
export interface UserChanged {
  readonly type: 'changes'
  readonly changes: readonly Change[]
}
