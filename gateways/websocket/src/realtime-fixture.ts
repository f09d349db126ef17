import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Metrics, seededRandomness, silentLogger, type TenantId } from '@koine/base'
import { ManualClock, until } from '@koine/base/testing'
import { type ClientFrame, decodeServerFrame, type ServerFrame, type ServerFrameOf } from '@koine/protocols-realtime'
import { type Conversation, Messaging } from '@koine/services-messaging'
import { Tenancy, type User } from '@koine/services-tenancy'
import type { Faults, Stores, TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { WebSocket } from 'ws'
import { type RealtimeLimits, WebSocketGateway } from './index.ts'

export interface FixtureOptions {
  readonly limits?: Partial<RealtimeLimits>
  readonly faults?: Faults
  readonly allowedOrigins?: readonly string[]
}

export interface Person extends User {
  readonly scope: TenantScope
  readonly token: string
}

/** A gateway over the real services and memory stores, on a port of its own, with a clock that stands still until told. */
export class RealtimeFixture implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly metrics = new Metrics()
  readonly randomness = seededRandomness(11)
  readonly stores: Stores
  readonly tenancy: Tenancy
  readonly messaging: Messaging
  readonly gateway: WebSocketGateway
  readonly #http: Server
  readonly #clients = new Set<TestClient>()

  private constructor({ faults, limits, allowedOrigins }: FixtureOptions) {
    const { clock, randomness, metrics } = this
    const shared = { clock, randomness, metrics, logger: silentLogger }
    this.stores = memoryStores({ clock, randomness, ...(faults && { faults }) })
    this.tenancy = new Tenancy({ ...shared, stores: this.stores, adminToken: 'the-admin-token-of-the-tests' })
    this.messaging = new Messaging({ ...shared, usersExist: async (_, ids) => ids.map(() => true) })
    this.gateway = new WebSocketGateway({
      ...shared,
      tenancy: this.tenancy,
      messaging: this.messaging,
      ...(limits && { limits }),
      ...(allowedOrigins && { allowedOrigins }),
    })
    this.#http = createServer()
    this.gateway.attach(this.#http)
  }

  static async open(options: FixtureOptions = {}): Promise<RealtimeFixture> {
    const fixture = new RealtimeFixture(options)
    fixture.#http.listen(0, '127.0.0.1')
    await once(fixture.#http, 'listening')
    return fixture
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  async tenant(name: string): Promise<{ id: TenantId; scope: TenantScope; person: (name: string) => Promise<Person> }> {
    const { id } = await this.tenancy.createTenant({ name })
    const scope = await this.tenancy.scope(id)
    return { id, scope, person: (name) => this.person(scope, name) }
  }

  async person(scope: TenantScope, name: string): Promise<Person> {
    const user = await this.tenancy.createUser(scope, { name })
    const { token } = await this.tenancy.mintUserToken(scope, user.id)
    return { ...user, scope, token }
  }

  /** Two people of one tenant and their conversation. */
  async pair(): Promise<{ asha: Person; ben: Person; conversation: Conversation }> {
    const { person } = await this.tenant('acme')
    const [asha, ben] = [await person('Asha'), await person('Ben')]
    return { asha, ben, conversation: await this.conversation(asha, ben) }
  }

  conversation(...members: [Person, ...Person[]]): Promise<Conversation> {
    const kind = members.length === 2 ? 'direct' : 'group'
    return this.messaging.createConversation(members[0].scope, { kind, members: members.map(({ id }) => id) })
  }

  /** A client that has not said anything yet. */
  async client(path = '/v1/realtime', options: { origin?: string } = {}): Promise<TestClient> {
    const client = new TestClient(new WebSocket(`ws://127.0.0.1:${this.port}${path}`, options))
    this.#clients.add(client)
    await client.opened
    return client
  }

  /** A client that is let in and has caught up. */
  async connect(person: Pick<Person, 'token'>, resume?: Record<string, number>): Promise<TestClient> {
    const client = await this.client()
    client.send({ type: 'connect', token: person.token, ...(resume && { resume }) })
    await client.next('caughtUp')
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.terminate()
    await this.gateway[Symbol.asyncDispose]()
    await this.messaging[Symbol.asyncDispose]()
    await this.tenancy[Symbol.asyncDispose]()
    this.#http.close()
  }
}

/** A bare client: what it got, and how it ended. */
export class TestClient {
  readonly socket: WebSocket
  readonly frames: ServerFrame[] = []
  readonly opened: Promise<void>
  readonly #closed: Promise<{ code: number; reason: string }>
  closedWith: { code: number; reason: string } | undefined
  #read = 0

  constructor(socket: WebSocket) {
    this.socket = socket
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.on('error', reject)
    })
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve((this.closedWith = { code, reason: reason.toString() })))
    })
    socket.on('message', (data: Buffer) => {
      const frame = decodeServerFrame(data.toString())
      if (!frame) throw new Error(`The server sent what is no frame: ${data.toString().slice(0, 200)}`)
      this.frames.push(frame)
    })
  }

  send(frame: ClientFrame): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The next frame of the type after the one that an earlier call returned; those of other types are passed over. */
  async next<T extends ServerFrame['type']>(type: T): Promise<ServerFrameOf<T>> {
    return until(`a ${type} frame comes`, () => {
      if (this.closedWith) throw new Error(`Closed with ${this.closedWith.code} ${this.closedWith.reason}`)
      const index = this.frames.findIndex((frame, index) => index >= this.#read && frame.type === type)
      if (index < 0) return undefined
      this.#read = index + 1
      return this.frames[index] as ServerFrameOf<T>
    })
  }

  /** The answer to a request: the frame that carries its ref. */
  async answer(frame: ClientFrame & { readonly ref: string }): Promise<ServerFrame> {
    this.send(frame)
    return this.answerTo(frame.ref)
  }

  answerTo(ref: string): Promise<ServerFrame> {
    return until(`an answer to ${ref} comes`, () => this.frames.find((frame) => 'ref' in frame && frame.ref === ref))
  }

  /** Sequence numbers of the messages that came as live or missed ones, in order of arrival. */
  get seqs(): number[] {
    return this.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []))
  }

  /** The code and reason that the connection is closed with. */
  closed(): Promise<{ code: number; reason: string }> {
    return this.#closed
  }
}
