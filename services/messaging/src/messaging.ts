import {
  type Clock,
  type ConversationId,
  type Logger,
  messageIds,
  type Metrics,
  type Randomness,
  toKoineError,
  type UserId,
} from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import { Admission } from './admission.ts'
import { CatchUp, type CaughtUp } from './catch-up.ts'
import { type Changed, ChangeReader } from './changes/change-reader.ts'
import type { ChangeCursor } from './changes/cursor.ts'
import { FanOut } from './changes/fan-out.ts'
import { UserChanges } from './changes/user-changes.ts'
import type { Conversation, Message } from './conversation.ts'
import { Conversations, type NewConversation, type UsersExist } from './conversations.ts'
import { History, type HistoryPage, type HistoryRange } from './history.ts'
import { Inbox, type InboxPage } from './inbox.ts'
import { checkClientMessageId, checkText } from './input-checks.ts'
import { Instruments } from './instruments.ts'
import { KnownConversations } from './known-conversations.ts'
import { type MessagingLimits, withDefaultLimits } from './limits.ts'
import { LiveDelivery, type LiveListener } from './live-delivery.ts'
import { type NewMessage, PendingSend } from './pending-send.ts'
import { ReadPositions } from './read-positions.ts'
import { SendLanes } from './send-lanes.ts'

export interface MessagingOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  readonly usersExist: UsersExist
  readonly limits?: Partial<MessagingLimits>
}

/**
 * Conversations between the users of a tenant. Who calls has authenticated the user whom it names; a conversation that
 * the user is not a member of answers `not_found`, like one that doesn't exist.
 */
export class Messaging implements AsyncDisposable {
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #limits: MessagingLimits
  readonly #admission: Admission
  readonly #instruments: Instruments
  readonly #known: KnownConversations
  readonly #live: LiveDelivery
  readonly #lanes: SendLanes
  readonly #conversations: Conversations
  readonly #history: History
  readonly #positions: ReadPositions
  readonly #inbox: Inbox
  readonly #catchUp: CatchUp
  readonly #changeReader: ChangeReader
  /** Tells users of what happened; runs where it is given tenants. */
  readonly fanOut: FanOut

  constructor({ clock, randomness, logger, metrics, usersExist, limits: wished }: MessagingOptions) {
    const limits = withDefaultLimits(wished)
    const admission = new Admission(limits)
    const instruments = new Instruments(metrics, () => admission.sends)
    const known = new KnownConversations(limits.rememberedMembersMax)
    const live = new LiveDelivery({ logger, instruments, publishesInProgressMax: limits.publishesInProgressMax })
    const context = { clock, randomness, logger, live, instruments, attemptsMax: limits.commitAttemptsMax }
    const { membersMax, pageMessagesMax: messagesMax, pageBytesMax: bytesMax } = limits
    this.#clock = clock
    this.#randomness = randomness
    this.#limits = limits
    this.#admission = admission
    this.#instruments = instruments
    this.#known = known
    this.#live = live
    this.#lanes = new SendLanes(context, limits.sendsPerConversationMax)
    this.#conversations = new Conversations({ clock, randomness, known, live, usersExist, membersMax })
    this.#history = new History({ known, messagesMax })
    this.#positions = new ReadPositions({ known, live, receiptMembersMax: limits.readReceiptMembersMax })
    this.#inbox = new Inbox({ known, positions: this.#positions, entriesMax: limits.inboxEntriesMax })
    this.#catchUp = new CatchUp({ known, history: this.#history, messagesMax, bytesMax })
    const changes = new UserChanges({ clock, randomness, changesMax: limits.userChangesMax })
    this.#changeReader = new ChangeReader({ changes, known, history: this.#history, messagesMax, bytesMax })
    this.fanOut = new FanOut({ clock, logger, metrics, known, changes, live })
  }

  /** See `Conversations.create`. */
  createConversation(scope: TenantScope, wish: NewConversation): Promise<Conversation> {
    return this.#conversations.create(scope, wish)
  }

  conversation(scope: TenantScope, reader: UserId, id: ConversationId): Promise<Conversation> {
    return this.#conversations.read(scope, reader, id)
  }

  /**
   * Stores a message and tells the members. Resolves once it is durable. Sending also marks the conversation as read by
   * the sender, up to this message. The same (conversation, sender, clientMessageId) with the same text answers the same
   * message, whenever it comes.
   *
   * Errors: `not_found`, `invalid_request`, `too_large`, `client_message_id_reused`; `overloaded` and `conflict` (not
   * stored); `timeout` (unknown: repeat it with the same clientMessageId).
   */
  async send(scope: TenantScope, message: NewMessage): Promise<Message> {
    let textBytes = 0
    try {
      checkClientMessageId(message.clientMessageId)
      textBytes = checkText(message.text, this.#limits.textBytesMax)
      this.#admission.enter(scope.tenantId, textBytes)
    } catch (thrown) {
      throw this.#refused(thrown)
    }
    try {
      const { conversationId, senderId } = message
      const known = await this.#known.ofMember(scope, conversationId, senderId)
      const id = messageIds.make({ clock: this.#clock, randomness: this.#randomness })
      const send = new PendingSend({ id, sentAtMs: this.#clock.now(), message, textBytes })
      const made = await this.#lanes.send(scope, known, send)
      if (made.id !== id) this.#instruments.duplicate()
      return made
    } catch (thrown) {
      throw this.#refused(thrown)
    } finally {
      this.#admission.leave(scope.tenantId, textBytes)
    }
  }

  history(scope: TenantScope, reader: UserId, id: ConversationId, range: HistoryRange): Promise<HistoryPage> {
    return this.#history.page(scope, reader, id, range)
  }

  /** See `ReadPositions.mark`. */
  markRead(scope: TenantScope, user: UserId, id: ConversationId, seq: number): Promise<{ readSeq: number }> {
    return this.#positions.mark(scope, user, id, seq)
  }

  inbox(scope: TenantScope, user: UserId, page: { limit: number; cursor?: string }): Promise<InboxPage> {
    return this.#inbox.page(scope, user, page)
  }

  /** See `CatchUp.page`. A device subscribes first and catches up then, so that nothing falls in between. */
  catchUp(
    scope: TenantScope,
    user: UserId,
    held: ReadonlyMap<ConversationId, number>,
    limit: number,
  ): Promise<CaughtUp> {
    return this.#catchUp.page(scope, user, held, limit)
  }

  /** See `ChangeReader.since`. A device subscribes first and reads then, as with `catchUp`. */
  changesSince(scope: TenantScope, user: UserId, cursor: ChangeCursor, limit: number): Promise<Changed> {
    return this.#changeReader.since(scope, user, cursor, limit)
  }

  /** See `ChangeReader.end`. */
  changesEnd(scope: TenantScope, user: UserId): Promise<ChangeCursor> {
    return this.#changeReader.end(scope, user)
  }

  /**
   * Live events for one device of a user: at most once, and in the order of their sequence numbers as far as one node
   * sends in a conversation. A gap, or a number that came already, is the listener's to see; history has the rest.
   */
  subscribe(scope: TenantScope, user: UserId, listener: LiveListener): Promise<AsyncDisposable> {
    return this.#live.subscribe(scope, user, listener)
  }

  /** Takes no more sends, and waits for those that were accepted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admission.close()
    await this.fanOut[Symbol.asyncDispose]()
    await this.#live[Symbol.asyncDispose]()
  }

  #refused(thrown: unknown): unknown {
    this.#instruments.refused(toKoineError(thrown).code)
    return thrown
  }
}
