import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import { Metrics, silentLogger, systemClock, systemRandomness, type UserId } from '@koine/base'
import { WebSocketGateway } from '@koine/gateways-websocket'
import { type Conversation, Messaging } from '@koine/services-messaging'
import { Tenancy } from '@koine/services-tenancy'
import { type Faults, OutboxRelay, scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { WebSocket } from 'ws'
import { Koine, type KoineOptions } from './koine.ts'
import type { Message } from './types.ts'

const shared = () => ({
  clock: systemClock,
  randomness: systemRandomness,
  metrics: new Metrics(),
  logger: silentLogger,
})

/** Times that make a test of reconnecting short. */
export const quick: KoineOptions['settings'] = {
  reconnectFirstMs: 20,
  reconnectMaxMs: 100,
  pingEveryMs: 200,
  connectWithinMs: 2000,
  gapPatienceMs: 20,
}

/** The real gateway and services over memory stores, behind a network that a test can break. */
export class SdkFixture implements AsyncDisposable {
  readonly stores: Stores
  readonly tenancy: Tenancy
  messaging: Messaging
  readonly network = new BreakableNetwork()
  gateway: WebSocketGateway
  #http: HttpServer
  readonly #clients: Koine[] = []
  readonly #relay: OutboxRelay
  scope!: TenantScope
  asha!: UserId
  ben!: UserId
  conversation!: Conversation

  private constructor(faults?: Faults) {
    this.stores = memoryStores({ ...shared(), ...(faults && { faults }) })
    this.tenancy = new Tenancy({ ...shared(), stores: this.stores, adminToken: 'the-admin-token-of-the-tests' })
    this.#relay = new OutboxRelay({ ...shared(), scope: (tenant) => scopeTo(this.stores, tenant) })
    this.messaging = newMessaging()
    this.gateway = this.#newGateway()
    this.#http = createServer()
  }

  static async open(faults?: Faults): Promise<SdkFixture> {
    const fixture = new SdkFixture(faults)
    await fixture.network.open()
    await fixture.#serve()
    const { id } = await fixture.tenancy.createTenant({ name: 'acme' })
    fixture.scope = await fixture.tenancy.scope(id)
    fixture.#relay.add(id)
    fixture.messaging.fanOut.add(fixture.scope)
    fixture.asha = (await fixture.tenancy.createUser(fixture.scope, { name: 'Asha' })).id
    fixture.ben = (await fixture.tenancy.createUser(fixture.scope, { name: 'Ben' })).id
    fixture.conversation = await fixture.newConversation(fixture.asha, fixture.ben)
    return fixture
  }

  newConversation(...members: UserId[]): Promise<Conversation> {
    const kind = members.length === 2 ? 'direct' : 'group'
    return this.messaging.createConversation(this.scope, { kind, members })
  }

  async token(user: UserId, expiresInMs?: number): Promise<string> {
    const minted = await this.tenancy.mintUserToken(this.scope, user, expiresInMs === undefined ? {} : { expiresInMs })
    return minted.token
  }

  client(user: UserId, options: Partial<KoineOptions> = {}): Koine {
    const client = new Koine({
      url: `http://127.0.0.1:${this.network.port}`,
      token: () => this.token(user),
      since: 'earliest',
      webSocket: WebSocket,
      ...options,
      settings: { ...quick, ...options.settings },
    })
    this.#clients.push(client)
    return client
  }

  /** Says something as the server sees it, without a client. */
  say(senderId: UserId, clientMessageId: string, conversation = this.conversation): Promise<Message> {
    const message = { conversationId: conversation.id, senderId, clientMessageId, text: clientMessageId }
    return this.messaging.send(this.scope, message)
  }

  async texts(conversation = this.conversation): Promise<string[]> {
    const all: string[] = []
    for (;;) {
      const range = { after: all.length, limit: 500 }
      const page = await this.messaging.history(this.scope, this.asha, conversation.id, range)
      all.push(...page.messages.map(({ text }) => text))
      if (!page.hasMore) return all
    }
  }

  /** The gateway and its port go away, and come back over the same stores. */
  async restart(): Promise<void> {
    await this.#stop()
    this.messaging = newMessaging()
    this.messaging.fanOut.add(this.scope)
    this.gateway = this.#newGateway()
    this.#http = createServer()
    await this.#serve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.network[Symbol.asyncDispose]()
    await this.#stop()
    await this.#relay[Symbol.asyncDispose]()
    await this.tenancy[Symbol.asyncDispose]()
  }

  #newGateway(): WebSocketGateway {
    const { tenancy, messaging } = this
    return new WebSocketGateway({ ...shared(), tenancy, messaging, limits: { catchUpMessages: 20 } })
  }

  async #serve(): Promise<void> {
    this.gateway.attach(this.#http)
    this.#http.listen(0, '127.0.0.1')
    await once(this.#http, 'listening')
    this.network.target = (this.#http.address() as AddressInfo).port
  }

  async #stop(): Promise<void> {
    await this.gateway[Symbol.asyncDispose]()
    await this.messaging[Symbol.asyncDispose]()
    this.#http.close()
  }
}

const newMessaging = (): Messaging => new Messaging({ ...shared(), usersExist: async (_, ids) => ids.map(() => true) })

/** What a client told of, in order. */
export function record(client: Koine): { messages: Message[]; states: string[] } {
  const told = { messages: [] as Message[], states: [] as string[] }
  client.on('message', (message) => told.messages.push(message))
  client.on('status', ({ state }) => told.states.push(state))
  return told
}

/** Forwards TCP to a target, and can cut, stall and delay what passes. */
export class BreakableNetwork implements AsyncDisposable {
  target = 0
  /** Nothing passes, and nobody is told. */
  stalled = false
  /** New connections are refused. */
  down = false
  /** Before each chunk is passed on. */
  delayMs = 0
  readonly #server: TcpServer = createTcpServer((client) => this.#accept(client))
  readonly #sockets = new Set<Socket>()

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#sockets.size / 2
  }

  /** Breaks every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.down) return void client.destroy()
    const server = connect(this.target, '127.0.0.1')
    this.#forward(client, server)
    this.#forward(server, client)
  }

  #forward(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => {}) // Broken on purpose.
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.on('data', (bytes) => {
      // A stalled connection drops what it is given: nobody will ever read it.
      if (this.stalled || to.destroyed) return
      if (this.delayMs === 0) to.write(bytes)
      else setTimeout(() => to.write(bytes), this.delayMs)
    })
  }
}
