import type { Message } from '@koine/services-messaging'

const answeredMax = 64

/**
 * Keeps a connection from hearing its own messages twice: the answer to a send carries the message, so the live event of
 * the same message is not for the connection that sent it. The event may come before the answer or after it.
 */
export class OwnSends {
  /** By conversation and client message id; the frame of the live event once it came. */
  readonly #pending = new Map<string, { frame?: Buffer }>()
  /** Ids of messages answered whose live event has yet to come; the oldest are forgotten. */
  readonly #answered: string[] = []

  begin(send: Sent): void {
    this.#pending.set(keyOf(send), {})
  }

  answered(message: Message): void {
    const pending = this.#pending.get(keyOf(message))
    this.#pending.delete(keyOf(message))
    if (pending?.frame) return
    this.#answered.push(message.id)
    if (this.#answered.length > answeredMax) this.#answered.shift()
  }

  /** The frame of the live event that was swallowed for an answer that never came, for the client to have after all. */
  failed(send: Sent): Buffer | undefined {
    const pending = this.#pending.get(keyOf(send))
    this.#pending.delete(keyOf(send))
    return pending?.frame
  }

  /** Whether the live event is swallowed. */
  swallows(message: Message, frame: Buffer): boolean {
    const pending = this.#pending.get(keyOf(message))
    if (pending) {
      pending.frame = frame
      return true
    }
    const index = this.#answered.indexOf(message.id)
    if (index >= 0) this.#answered.splice(index, 1)
    return index >= 0
  }
}

type Sent = Pick<Message, 'clientMessageId'> & { readonly conversationId: string }

const keyOf = ({ conversationId, clientMessageId }: Sent): string => `${conversationId} ${clientMessageId}`
