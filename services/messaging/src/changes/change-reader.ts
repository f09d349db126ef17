import { type ConversationId, KoineError, type UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Conversation, Message } from '../conversation.ts'
import type { History } from '../history.ts'
import { checkWhole } from '../input-checks.ts'
import { type KnownConversations, toConversation } from '../known-conversations.ts'
import type { Change } from './change-records.ts'
import type { ChangeCursor } from './cursor.ts'
import type { ChangesPage, UserChanges } from './user-changes.ts'

/** What a device has missed, up to a cursor. */
export interface Changed {
  /** Those that the user's log first names here. */
  readonly conversations: readonly Conversation[]
  /** In order within their conversation. */
  readonly messages: readonly Message[]
  /** Where to go on. */
  readonly cursor: ChangeCursor
  readonly hasMore: boolean
  /** The log doesn't reach back to the cursor given: what the device holds has to be compared with an inbox made anew. */
  readonly reset: boolean
}

const changesAtOnce = 200
const messageOverheadBytes = 256

/** Reads users' change logs with what the changes stand for. */
export class ChangeReader {
  readonly #changes: UserChanges
  readonly #known: KnownConversations
  readonly #history: History
  readonly #messagesMax: number
  readonly #bytesMax: number

  constructor(o: {
    changes: UserChanges
    known: KnownConversations
    history: History
    messagesMax: number
    bytesMax: number
  }) {
    this.#changes = o.changes
    this.#known = o.known
    this.#history = o.history
    this.#messagesMax = o.messagesMax
    this.#bytesMax = o.bytesMax
  }

  /** Where the user's log ends now: for a device that takes the rest from an inbox that it reads afterwards. */
  async end(scope: TenantScope, user: UserId): Promise<ChangeCursor> {
    const { last } = await this.#changes.head(scope, user)
    return { position: last, seq: 0 }
  }

  /** Errors: `invalid_request` (limit). */
  async since(scope: TenantScope, user: UserId, from: ChangeCursor, limit: number): Promise<Changed> {
    checkWhole('limit', limit, 1)
    const page = await this.#page(scope, user, from)
    if (!page) {
      return { conversations: [], messages: [], cursor: await this.end(scope, user), hasMore: false, reset: true }
    }
    const taken = new Taken(from, Math.min(limit, this.#messagesMax), this.#bytesMax)
    for (const change of page.changes) {
      if (taken.isFull) break
      await this.#take(scope, user, change, taken)
    }
    const { conversations, messages, reached } = taken
    const hasMore = page.hasMore || reached.position < page.position
    return { conversations, messages, cursor: reached, hasMore, reset: false }
  }

  /** Undefined where the log doesn't reach back that far, or not yet so far: it may have been lost and begun anew. */
  async #page(scope: TenantScope, user: UserId, { position }: ChangeCursor): Promise<ChangesPage | undefined> {
    try {
      return await this.#changes.since(scope, user, position, changesAtOnce)
    } catch (thrown) {
      if (thrown instanceof KoineError && (thrown.code === 'not_found' || thrown.code === 'invalid_request')) {
        return undefined
      }
      throw thrown
    }
  }

  async #take(scope: TenantScope, user: UserId, change: Change, taken: Taken): Promise<void> {
    const { conversationId, to } = change
    const conversation = await this.#conversation(scope, user, conversationId, to)
    if (!conversation) return taken.finish(change)
    const from = taken.startOf(change)
    if (change.isNew && !taken.isWithin(change)) taken.conversation(conversation)
    if (from > to) return taken.finish(change)
    const limit = Math.min(taken.left, to - from + 1)
    if (limit <= 0) return
    const { messages } = await this.#history.following(scope, conversationId, {
      after: from - 1,
      before: to + 1,
      limit,
    })
    taken.messages.push(...messages)
    for (const { text } of messages) taken.bytes -= Buffer.byteLength(text) + messageOverheadBytes
    const last = messages.at(-1)?.seq ?? to
    if (last >= to) taken.finish(change)
    else taken.stopWithin(change, last)
  }

  /** Undefined when the user isn't a member. */
  async #conversation(
    scope: TenantScope,
    user: UserId,
    id: ConversationId,
    lastSeq: number,
  ): Promise<Conversation | undefined> {
    const [facts] = await this.#known.facts(scope, [id])
    return facts?.members.includes(user) ? toConversation(facts, lastSeq) : undefined
  }
}

/** What was gathered for one answer, and how far it goes. */
class Taken {
  readonly conversations: Conversation[] = []
  readonly messages: Message[] = []
  reached: ChangeCursor
  bytes: number
  readonly #messagesMax: number
  #isStopped = false

  constructor(from: ChangeCursor, messagesMax: number, bytesMax: number) {
    this.reached = from
    this.#messagesMax = messagesMax
    this.bytes = bytesMax
  }

  get left(): number {
    return this.#messagesMax - this.messages.length
  }

  get isFull(): boolean {
    return this.#isStopped || this.left - this.conversations.length <= 0 || this.bytes <= 0
  }

  /** Whether some of the change was given before. */
  isWithin({ position, from }: Change): boolean {
    return position === this.reached.position + 1 && this.reached.seq >= from
  }

  /** The first message of a change that is still missing. */
  startOf(change: Change): number {
    return this.isWithin(change) ? this.reached.seq + 1 : change.from
  }

  conversation(conversation: Conversation): void {
    this.conversations.push(conversation)
  }

  finish({ position }: Change): void {
    this.reached = { position, seq: 0 }
  }

  stopWithin({ position }: Change, seq: number): void {
    this.reached = { position: position - 1, seq }
    this.#isStopped = true
  }
}
