import { KoineError } from '@koine/base/errors'
import type { Message } from '../types.ts'
import type { Backoff } from './backoff.ts'
import { type Calls, ConnectionLost } from './calls.ts'

export interface SendQueueOptions {
  readonly calls: Calls
  /** Sends that are not acknowledged, over all conversations. Over it a send is refused with `overloaded`. */
  readonly sendsMax: number
  /** Answers of a kind that may pass, such as `overloaded`, after which a send is given up. */
  readonly attemptsMax: number
  readonly backoff: () => Backoff
  readonly sleep: (delayMs: number) => Promise<void>
}

interface Pending {
  readonly clientMessageId: string
  readonly text: string
  readonly resolve: (message: Message) => void
  readonly reject: (error: unknown) => void
}

interface Lane {
  readonly conversationId: string
  readonly sends: Pending[]
  running: boolean
}

/**
 * Messages on their way out. Those of one conversation go one after another, each once the one before it is acknowledged
 * or refused, so that they keep their order whatever gets lost. Offline they wait. A send whose acknowledgement got lost
 * is repeated under its own clientMessageId, by which the server knows it again.
 */
export class SendQueue {
  readonly #options: SendQueueOptions
  readonly #lanes = new Map<string, Lane>()
  #count = 0

  constructor(options: SendQueueOptions) {
    this.#options = options
  }

  /** Resolves when the message is durable. */
  send(conversationId: string, clientMessageId: string, text: string): Promise<Message> {
    if (this.#count >= this.#options.sendsMax) {
      const message = `${this.#count} messages wait to be sent already; wait for some of them.`
      return Promise.reject(new KoineError('overloaded', message))
    }
    this.#count++
    return new Promise((resolve, reject) => {
      const lane = this.#lanes.get(conversationId) ?? { conversationId, sends: [], running: false }
      this.#lanes.set(conversationId, lane)
      lane.sends.push({ clientMessageId, text, resolve, reject })
      void this.#run(lane)
    })
  }

  /** There is a connection again. */
  resume(): void {
    for (const lane of this.#lanes.values()) void this.#run(lane)
  }

  /** Gives up on everything that waits. */
  abandon(error: unknown): void {
    const lanes = [...this.#lanes.values()]
    this.#lanes.clear()
    this.#count = 0
    for (const { sends } of lanes) for (const { reject } of sends.splice(0)) reject(error)
  }

  async #run(lane: Lane): Promise<void> {
    if (lane.running) return
    lane.running = true
    while (this.#options.calls.isOpen && lane.sends[0]) await this.#sendFirst(lane, lane.sends[0])
    lane.running = false
    if (lane.sends.length === 0 && this.#lanes.get(lane.conversationId) === lane)
      this.#lanes.delete(lane.conversationId)
  }

  /** Returns when the send is settled or the connection is lost. */
  async #sendFirst(lane: Lane, send: Pending): Promise<void> {
    const { conversationId } = lane
    const { calls, attemptsMax, backoff, sleep } = this.#options
    const waits = backoff()
    const { clientMessageId, text } = send
    for (let attempt = 1; lane.sends[0] === send; attempt++) {
      try {
        const { message } = await calls.make('send', { conversationId, clientMessageId, text })
        return this.#settle(lane, send, () => send.resolve(message))
      } catch (thrown) {
        if (thrown instanceof ConnectionLost) return
        const retryable = thrown instanceof KoineError && thrown.retryable && attempt < attemptsMax
        if (!retryable) return this.#settle(lane, send, () => send.reject(thrown))
        await sleep(Math.max(thrown.retryAfterMs ?? 0, waits.nextMs()))
      }
    }
  }

  #settle(lane: Lane, send: Pending, settle: () => void): void {
    // Abandoned meanwhile: it is settled already.
    if (lane.sends[0] !== send) return
    lane.sends.shift()
    this.#count--
    settle()
  }
}
