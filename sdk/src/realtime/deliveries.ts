import type { Message } from '../types.ts'

export interface DeliveriesOptions {
  /** Called for each message once, in the order of `seq` within its conversation. */
  readonly deliver: (message: Message) => void
  /** A message is missing that others have overtaken. Called again for each one that overtakes. */
  readonly onGap: () => void
  /** Messages held because one before them is missing, over all conversations. More are dropped and fetched again. */
  readonly earlyMax: number
}

/**
 * Puts messages in order and takes out repeats, whichever way they come: live, caught up with, or as the answer to one's
 * own send. All that it needs is that `seq` counts without gaps within a conversation.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions
  readonly #positions = new Map<string, number>()
  readonly #early = new Map<string, Map<number, Message>>()
  #earlyCount = 0

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** Sets where a conversation begins for this client; false when it is known already. */
  know(conversationId: string, seq = 0): boolean {
    if (this.#positions.has(conversationId)) return false
    this.#positions.set(conversationId, seq)
    return true
  }

  accept(message: Message): void {
    const { conversationId, seq } = message
    this.know(conversationId)
    const expected = this.#position(conversationId) + 1
    if (seq < expected) return
    if (seq > expected) return this.#hold(message)
    this.#deliver(message)
    this.#deliverHeld(conversationId)
  }

  /** Whether something is missing. */
  get hasGap(): boolean {
    return this.#early.size > 0
  }

  /** The `seq` up to which everything was delivered, by conversation. */
  positions(): Record<string, number> {
    return Object.fromEntries(this.#positions)
  }

  /** How many are known. */
  get conversations(): number {
    return this.#positions.size
  }

  #position(conversationId: string): number {
    return this.#positions.get(conversationId) ?? 0
  }

  #deliver(message: Message): void {
    this.#positions.set(message.conversationId, message.seq)
    this.#options.deliver(message)
  }

  #hold(message: Message): void {
    const held = this.#early.get(message.conversationId) ?? new Map<number, Message>()
    if (this.#earlyCount < this.#options.earlyMax && !held.has(message.seq)) {
      this.#early.set(message.conversationId, held.set(message.seq, message))
      this.#earlyCount++
    }
    this.#options.onGap()
  }

  #deliverHeld(conversationId: string): void {
    const held = this.#early.get(conversationId)
    if (!held) return
    for (;;) {
      const next = this.#position(conversationId) + 1
      const message = held.get(next)
      if (!message) break
      held.delete(next)
      this.#earlyCount--
      this.#deliver(message)
    }
    if (held.size === 0) this.#early.delete(conversationId)
  }
}
