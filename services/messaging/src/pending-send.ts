import { type ConversationId, KoineError, type MessageId, type UserId } from '@koine/base'
import type { Message } from './conversation.ts'
import { sentName } from './records.ts'

export interface NewMessage {
  readonly conversationId: ConversationId
  readonly senderId: UserId
  /** Names this send for ever within (conversation, sender): what makes it safe to repeat. */
  readonly clientMessageId: string
  readonly text: string
}

/** A send on its way: a message that has no sequence number yet. */
export class PendingSend {
  readonly id: MessageId
  readonly sentAtMs: number
  readonly message: NewMessage
  readonly textBytes: number
  /** Names the send within its conversation. */
  readonly name: string
  readonly outcome: Promise<Message>
  readonly #settle: { resolve: (message: Message) => void; reject: (error: unknown) => void }

  constructor(o: { id: MessageId; sentAtMs: number; message: NewMessage; textBytes: number }) {
    this.id = o.id
    this.sentAtMs = o.sentAtMs
    this.message = o.message
    this.textBytes = o.textBytes
    this.name = sentName(o.message.senderId, o.message.clientMessageId)
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    this.outcome = promise
    this.#settle = { resolve, reject }
  }

  numbered(seq: number): Message {
    const { conversationId, senderId, clientMessageId, text } = this.message
    const sentAt = new Date(this.sentAtMs).toISOString()
    return { id: this.id, conversationId, seq, senderId, clientMessageId, text, sentAt }
  }

  accept(message: Message): void {
    this.#settle.resolve(message)
  }

  /** Answers with the message that an earlier send of this name made: the same text, or a refusal. */
  acceptEarlier(message: Message): void {
    if (message.text === this.message.text) this.#settle.resolve(message)
    else this.#settle.reject(reused(this.message))
  }

  refuse(error: unknown): void {
    this.#settle.reject(error)
  }
}

const reused = ({ clientMessageId }: NewMessage): KoineError =>
  new KoineError(
    'client_message_id_reused',
    `The clientMessageId ${clientMessageId} was used for another text in this conversation; make a new one.`,
  )
