import { type ConversationId, type Randomness, sleep, type UserId } from '@koine/base'
import type { ChangeCursor, LiveEvent, Message } from '@koine/services-messaging'
import { describe } from './ledger.ts'
import type { Server } from './server.ts'
import type { SimulatedTenant, World } from './world.ts'

/** A phone: shows each conversation's messages once and in order, whatever the connection does. */
export class Device {
  readonly name: string
  readonly user: UserId
  readonly shown = new Map<ConversationId, Message[]>()
  readonly #world: World
  readonly #tenant: SimulatedTenant
  readonly #randomness: Randomness
  /** Of a device that knows nothing but how far it got in its user's change log: no positions, and no history. */
  #cursor: ChangeCursor | undefined
  #isReading = false
  #hasHeardMore = false
  #connection = 0
  #repairing = new Set<ConversationId>()

  constructor(o: { name: string; world: World; tenant: SimulatedTenant; user: UserId; randomness: Randomness }) {
    this.name = o.name
    this.user = o.user
    this.#world = o.world
    this.#tenant = o.tenant
    this.#randomness = o.randomness
    if (o.randomness.fraction() < 0.5) this.#cursor = { position: 0, seq: 0 }
  }

  /** Leaves the connection it has and makes a new one: subscribe first, then catch up. Tries until it works. */
  async connect(): Promise<void> {
    const connection = ++this.#connection
    while (connection === this.#connection) {
      const server = this.#world.anyServer(this.#randomness)
      try {
        await server.call(this.#tenant.id, (messaging, scope) =>
          messaging.subscribe(scope, this.user, (event) => this.#hear(server, connection, event)),
        )
        await this.catchUp(server, connection)
        server.life.onEnd(() => void this.#reconnect(connection))
        this.#world.trace.note(`${this.name} is connected to ${server.name}`)
        return
      } catch (thrown) {
        this.#expected(thrown)
        await sleep(this.#world.clock, 5 + this.#randomness.fraction() * 50)
      }
    }
  }

  async catchUp(server: Server, connection = this.#connection): Promise<void> {
    if (this.#cursor) return this.#readChanges(server, connection)
    for (let more = true; more && connection === this.#connection;) {
      const held = new Map([...this.shown].map(([id, messages]) => [id, messages.length]))
      const limit = 1 + Math.floor(this.#randomness.fraction() * 8)
      const page = await server.call(this.#tenant.id, (messaging, scope) =>
        messaging.catchUp(scope, this.user, held, limit),
      )
      for (const { id } of page.conversations) this.#messages(id)
      for (const message of page.messages) this.#show(message)
      more = page.hasMore
    }
  }

  async #readChanges(server: Server, connection: number): Promise<void> {
    for (let more = true; more && connection === this.#connection;) {
      const limit = 1 + Math.floor(this.#randomness.fraction() * 8)
      const page = await server.call(this.#tenant.id, (messaging, scope) =>
        messaging.changesSince(scope, this.user, this.#cursor!, limit),
      )
      if (page.reset) this.#world.trace.violation(`${this.name} is told to start over`)
      for (const { id } of page.conversations) this.#messages(id)
      for (const message of page.messages) {
        if (!this.#show(message)) this.#world.trace.violation(`${this.name} gets ${describe(message)} ahead of others`)
      }
      if (connection === this.#connection) this.#cursor = page.cursor
      more = page.hasMore
    }
  }

  async #followChanges(server: Server, connection: number): Promise<void> {
    this.#hasHeardMore = true
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#hasHeardMore && connection === this.#connection) {
        this.#hasHeardMore = false
        await this.#readChanges(server, connection)
      }
    } catch (thrown) {
      this.#expected(thrown)
    } finally {
      this.#isReading = false
    }
  }

  async #reconnect(connection: number): Promise<void> {
    await sleep(this.#world.clock, this.#randomness.fraction() * 100)
    if (connection === this.#connection) await this.connect()
  }

  #hear(server: Server, connection: number, event: LiveEvent): void {
    if (connection !== this.#connection) return
    if (this.#cursor) return event.type === 'changes' ? void this.#followChanges(server, connection) : undefined
    if (event.type === 'conversation') this.#messages(event.conversation.id)
    if (event.type !== 'message' || this.#show(event.message)) return
    void this.#repair(server, connection, event.message.conversationId)
  }

  /** Live delivery lost something: history has it. */
  async #repair(server: Server, connection: number, id: ConversationId): Promise<void> {
    if (this.#repairing.has(id)) return
    this.#repairing.add(id)
    try {
      for (let more = true; more && connection === this.#connection;) {
        const page = await server.call(this.#tenant.id, (messaging, scope) =>
          messaging.history(scope, this.user, id, { after: this.#messages(id).length, limit: 5 }),
        )
        for (const message of page.messages) this.#show(message)
        more = page.hasMore
      }
    } catch (thrown) {
      this.#expected(thrown)
    } finally {
      this.#repairing.delete(id)
    }
  }

  /** False when messages before this one are missing. */
  #show(message: Message): boolean {
    const { trace } = this.#world
    const messages = this.#messages(message.conversationId)
    if (!message.text.startsWith(this.#tenant.marker)) trace.violation(`${this.name} got ${describe(message)}`)
    if (message.seq > messages.length + 1) return false
    const shown = messages[message.seq - 1]
    if (!shown) messages.push(message)
    else if (shown.id !== message.id) {
      trace.violation(`${this.name} shows ${describe(shown)} and is told ${describe(message)}`)
    }
    return true
  }

  #messages(id: ConversationId): Message[] {
    const messages = this.shown.get(id) ?? []
    this.shown.set(id, messages)
    return messages
  }

  #expected(thrown: unknown): void {
    this.#world.expected(this.name, thrown)
  }
}
