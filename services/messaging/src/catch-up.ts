import { type ConversationId, invariant, type UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Conversation, Message } from './conversation.ts'
import type { History } from './history.ts'
import { checkWhole } from './input-checks.ts'
import { type KnownConversations, toConversation } from './known-conversations.ts'
import { headsOfUser, type MembershipHead } from './memberships.ts'

export interface CaughtUp {
  /** Of each conversation in order and from the first one missing; what follows them may be in the next page. */
  readonly messages: readonly Message[]
  /** Those that the device didn't name, even when nothing was said in them yet. */
  readonly conversations: readonly Conversation[]
  /** Ask again, with what is held now. */
  readonly hasMore: boolean
}

const idBytes = 32
const messageOverheadBytes = 256

/**
 * What a device has missed. It names what it holds: per conversation the sequence number up to which it has everything.
 * Costs two reads for 100 conversations of the user when nothing is missing, and one more for each that has something.
 */
export class CatchUp {
  readonly #known: KnownConversations
  readonly #history: History
  readonly #messagesMax: number
  readonly #bytesMax: number

  constructor(o: { known: KnownConversations; history: History; messagesMax: number; bytesMax: number }) {
    this.#known = o.known
    this.#history = o.history
    this.#messagesMax = o.messagesMax
    this.#bytesMax = o.bytesMax
  }

  /**
   * @param held conversations of others, and sequence numbers that don't exist yet, are passed over
   * @param limit messages and conversations together
   */
  async page(
    scope: TenantScope,
    user: UserId,
    held: ReadonlyMap<ConversationId, number>,
    limit: number,
  ): Promise<CaughtUp> {
    checkWhole('limit', limit, 1)
    const messages: Message[] = []
    const conversations: Conversation[] = []
    let items = Math.min(limit, this.#messagesMax)
    let bytes = this.#bytesMax
    for await (const heads of headsOfUser(scope, user)) {
      for (const head of heads.filter((head) => isMissing(head, held))) {
        if (items <= 0 || bytes <= 0) return { messages, conversations, hasMore: true }
        if (!held.has(head.id)) {
          const conversation = await this.#conversation(scope, head)
          conversations.push(conversation)
          items--
          bytes -= conversation.members.length * idBytes
        }
        const after = held.get(head.id) ?? 0
        if (head.lastSeq <= after) continue
        if (items <= 0) return { messages, conversations, hasMore: true }
        const page = await this.#history.following(scope, head.id, { after, limit: items })
        messages.push(...page.messages)
        items -= page.messages.length
        for (const { text } of page.messages) bytes -= Buffer.byteLength(text) + messageOverheadBytes
        if (page.hasMore) return { messages, conversations, hasMore: true }
      }
    }
    return { messages, conversations, hasMore: false }
  }

  async #conversation(scope: TenantScope, head: MembershipHead): Promise<Conversation> {
    const [facts] = await this.#known.facts(scope, [head.id])
    invariant(facts, `conversation ${head.id} has a head and no facts`)
    return toConversation(facts, head.lastSeq)
  }
}

const isMissing = ({ id, lastSeq }: MembershipHead, held: ReadonlyMap<ConversationId, number>): boolean =>
  lastSeq > (held.get(id) ?? -1)
