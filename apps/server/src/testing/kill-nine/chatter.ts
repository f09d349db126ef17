import type { ServerFrame } from '@koine/protocols-realtime'
import { RealtimeConnection } from '../realtime-connection.ts'
import type { ServerProcess } from '../server-process.ts'

/** What the server said yes to. */
export interface Acknowledged {
  readonly id: string
  readonly seq: number
}

/**
 * One sender of one conversation that keeps some messages under way through every crash: what was under way when the
 * server died is sent again with the same client message id, first and in order.
 */
export class Chatter {
  readonly conversationId: string
  readonly acknowledged = new Map<string, Acknowledged>()
  readonly contradictions: string[] = []
  readonly token: string
  readonly #atOnce: number
  readonly #underWay = new Map<string, string>()
  #made = 0
  #connection: RealtimeConnection | undefined

  constructor({ conversationId, token, atOnce }: { conversationId: string; token: string; atOnce: number }) {
    this.conversationId = conversationId
    this.token = token
    this.#atOnce = atOnce
  }

  async connect(server: ServerProcess): Promise<void> {
    this.#connection = await RealtimeConnection.open(server, this.token, (frame) => this.#receive(frame))
    for (const [clientMessageId, text] of this.#underWay) this.#send(clientMessageId, text)
    this.#fill()
  }

  /** Takes no more acknowledgements of a server that is about to die. */
  disconnect(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  get underWay(): number {
    return this.#underWay.size
  }

  /** Sends nothing new from now on. */
  finish(): void {
    this.#made = Number.POSITIVE_INFINITY
  }

  #fill(): void {
    while (Number.isFinite(this.#made) && this.#underWay.size < this.#atOnce) {
      const clientMessageId = `m-${this.#made++}`
      const text = `${this.conversationId} says ${clientMessageId}`
      this.#underWay.set(clientMessageId, text)
      this.#send(clientMessageId, text)
    }
  }

  #send(clientMessageId: string, text: string): void {
    const { conversationId } = this
    this.#connection?.send({ type: 'send', ref: clientMessageId, conversationId, clientMessageId, text })
  }

  #receive(frame: ServerFrame): void {
    if (!this.#connection) return
    if (frame.type === 'error') this.contradictions.push(`${frame.ref ?? 'no ref'}: ${frame.code} ${frame.message}`)
    if (frame.type !== 'sent') return
    const { clientMessageId, id, seq } = frame.message
    const before = this.acknowledged.get(clientMessageId)
    if (before && (before.id !== id || before.seq !== seq)) {
      this.contradictions.push(`${clientMessageId} was ${before.id} at ${before.seq} and became ${id} at ${seq}`)
    }
    this.acknowledged.set(clientMessageId, { id, seq })
    this.#underWay.delete(clientMessageId)
    this.#fill()
  }
}
