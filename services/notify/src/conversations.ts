import type { ConversationId, MessageId, UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'

/** A message as far as a notification tells it. */
export interface MessageFacts {
  readonly id: MessageId
  readonly conversationId: ConversationId
  readonly seq: number
  readonly senderId: UserId
  readonly text: string
  /** ISO 8601. */
  readonly sentAt: string
}

/** What notify asks of whoever keeps the conversations. Answers may change from one question to the next. */
export interface Conversations {
  /**
   * Who is to hear of a message besides its sender: members who haven't muted or blocked, in the order of their ids.
   * At most `limit` of those after `after`; a shorter page is the last one.
   */
  recipients(
    scope: TenantScope,
    message: MessageFacts,
    page: { readonly after: UserId | undefined; readonly limit: number },
  ): Promise<readonly UserId[]>
  /** Whether any device of the user has acknowledged the message, or a later one. Also when it is none of the user's. */
  acknowledged(scope: TenantScope, user: UserId, conversation: ConversationId, seq: number): Promise<boolean>
  /** The newest message that the reader may see; undefined when there is none. */
  newestMessage(scope: TenantScope, reader: UserId, conversation: ConversationId): Promise<MessageFacts | undefined>
  /** What a user is called; undefined when that isn't to be told. */
  userName(scope: TenantScope, user: UserId): Promise<string | undefined>
}
