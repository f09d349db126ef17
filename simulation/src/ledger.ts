import type { ConversationId, TenantId, UserId } from '@koine/base'
import type { ConversationKind, Message, NewMessage } from '@koine/services-messaging'
import type { Trace } from './trace.ts'

/** One (conversation, sender, clientMessageId) and what the clients know about it. */
export interface KnownSend {
  readonly tenantId: TenantId
  readonly message: NewMessage
  /** Every text that was tried under this name. */
  readonly texts: Set<string>
  answer: Message | undefined
}

export interface KnownConversation {
  readonly tenantId: TenantId
  readonly kind: ConversationKind
  readonly members: readonly UserId[]
}

export interface KnownRead {
  /** The highest position that was asked for. */
  asked: number
  /** The highest that was answered. */
  answered: number
}

/** What clients asked and were told: the promises that the stores' contents are held against. */
export class Ledger {
  readonly sends = new Map<string, KnownSend>()
  readonly reads = new Map<string, KnownRead>()
  readonly conversations = new Map<ConversationId, KnownConversation>()
  readonly #trace: Trace

  constructor(trace: Trace) {
    this.#trace = trace
  }

  asked(tenantId: TenantId, message: NewMessage): KnownSend {
    const name = sendName(message)
    const known = this.sends.get(name) ?? { tenantId, message, texts: new Set(), answer: undefined }
    this.sends.set(name, known)
    known.texts.add(message.text)
    return known
  }

  answered(tenantId: TenantId, message: NewMessage, answer: Message): void {
    const known = this.asked(tenantId, message)
    if (answer.text !== message.text)
      this.#trace.violation(`a send of ${sendName(message)} was answered with another text`)
    known.answer ??= answer
    if (JSON.stringify(known.answer) !== JSON.stringify(answer)) {
      this.#trace.violation(`${sendName(message)} was answered as ${describe(known.answer)} and as ${describe(answer)}`)
    }
  }

  read(user: UserId, conversation: ConversationId): KnownRead {
    const name = `${user} ${conversation}`
    const known = this.reads.get(name) ?? { asked: 0, answered: 0 }
    this.reads.set(name, known)
    return known
  }

  /** The sends of a conversation that were answered. */
  acknowledged(conversation: ConversationId): KnownSend[] {
    return [...this.sends.values()].filter(({ message, answer }) => answer && message.conversationId === conversation)
  }
}

export const sendName = ({ conversationId, senderId, clientMessageId }: NewMessage): string =>
  `${conversationId} ${senderId} ${clientMessageId}`

export const describe = ({ id, seq, text }: Message): string => `${id} #${seq} "${text}"`
