import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Clock, invariant, type Logger, type Metrics, type Randomness, sleep } from '@koine/base'
import type { Streams } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import type { TenantScope } from '@koine/stores-ports'
import { Arrivals } from './connection/arrivals.ts'
import { Admissions } from './connection/admissions.ts'
import { plainAddress, tenantHostName } from './connection/client-facts.ts'
import { Connection } from './connection/connection.ts'
import { FailedAttempts } from './sasl/failed-attempts.ts'
import { FetchSessions, FetchSessionSpace } from './connection/fetch-sessions.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import type { Broker } from './handler.ts'
import { handlers } from './handlers/index.ts'
import { defaultKafkaGatewayLimits, type KafkaGatewayLimits } from './limits.ts'
import { anonymousPrincipal } from './sasl/principal.ts'
import { Requests } from './connection/requests.ts'
import type { CredentialSource } from './sasl/sasl-credentials.ts'
import { type TlsCertificate, TlsDoor } from './connection/tls-door.ts'
import { WorkBudget } from './connection/work-budget.ts'

export interface KafkaGatewayOptions {
  readonly tenancy: CredentialSource & Pick<Tenancy, 'onRevoked'>
  readonly streams: Streams
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What clients are told to connect to; unless told, the address that they have reached. */
  readonly advertisedHost?: string | undefined
  readonly advertisedPort?: number | undefined
  /** Kafka's `auto.create.topics.enable`; true unless told, as there. */
  readonly autoCreateTopics?: boolean | undefined
  /** For development: whoever doesn't authenticate may do everything in this tenant. */
  readonly anonymous?: TenantScope | undefined
  /** Clients must authenticate again after so long; Kafka's `connections.max.reauth.ms`. 0, unless told: never. */
  readonly reauthenticationMs?: number | undefined
  /** With it clients come by TLS, and by nothing else. */
  readonly certificate?: TlsCertificate | undefined
  readonly limits?: Partial<KafkaGatewayLimits>
}

const nodeId = 1

/** The listener for Kafka clients. Each connection belongs to the tenant whose key it authenticates with. */
export class KafkaGateway implements AsyncDisposable {
  readonly #options: KafkaGatewayOptions
  readonly #limits: KafkaGatewayLimits
  readonly #metrics: GatewayMetrics
  readonly #requests: Requests
  readonly #server: Server
  readonly #connections = new Map<Connection, Promise<void>>()
  readonly #revocations: Disposable
  readonly #attempts: FailedAttempts
  readonly #admissions: Admissions
  readonly #arrivals: Arrivals
  readonly #work: WorkBudget
  readonly #tls: TlsDoor | undefined
  #sockets = 0
  #anonymous: TenantScope | undefined
  readonly #fetchSessionSpace: FetchSessionSpace

  constructor(options: KafkaGatewayOptions) {
    this.#options = options
    this.#limits = { ...defaultKafkaGatewayLimits, ...options.limits }
    this.#requests = new Requests(handlers, this.#limits)
    this.#metrics = new GatewayMetrics(options.metrics)
    this.#fetchSessionSpace = new FetchSessionSpace(this.#limits.fetchSessionPartitionsMax)
    this.#attempts = new FailedAttempts(options.clock, this.#limits)
    this.#admissions = new Admissions(this.#limits)
    this.#arrivals = new Arrivals({
      clock: options.clock,
      limits: this.#limits,
      onReady: (socket) => (this.#tls ? this.#tls.enter(socket) : this.#serve(socket)),
      onRefused: () => this.#metrics.disconnected('full'),
    })
    this.#work = new WorkBudget(this.#limits)
    this.#anonymous = options.anonymous
    this.#tls =
      options.certificate &&
      new TlsDoor(options.certificate, {
        handshakeTimeoutMs: this.#limits.handshakeTimeoutMs,
        onSecured: (socket) => this.#serve(socket),
        onRefused: () => this.#metrics.disconnected('tls'),
      })
    this.#server = createServer((socket) => this.#welcome(socket))
    this.#revocations = options.tenancy.onRevoked((revoked) => {
      for (const connection of this.#connections.keys()) {
        if (connection.isOf(revoked)) connection.disconnect('revoked', 'its credential was revoked')
      }
      if (revoked.keyId !== undefined) return
      if (this.#anonymous?.tenantId === revoked.tenantId) this.#anonymous = undefined
      options.streams.forget(revoked.tenantId)
    })
  }

  /** @returns the port. Rejects with the system's error when the address can't be had. */
  async listen(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.host)
    await once(this.#server, 'listening')
    this.#server.on('error', (error) =>
      this.#options.logger.warn({ err: error }, 'kafka: a connection was not accepted'),
    )
    const { port } = this.#address
    this.#options.logger.debug({ host: this.#options.host, port }, 'kafka: listening')
    return port
  }

  get #address(): AddressInfo {
    const address = this.#server.address()
    invariant(address !== null && typeof address === 'object', 'A listening server has an address.')
    return address
  }

  #welcome(socket: Socket): void {
    if (this.#sockets >= this.#limits.connectionsMax) {
      this.#metrics.disconnected('full')
      socket.destroy()
      return
    }
    this.#sockets++
    socket.once('close', () => this.#sockets--)
    this.#arrivals.arrive(socket)
  }

  #serve(socket: Socket): void {
    const {
      tenancy,
      streams,
      clock,
      randomness,
      logger,
      autoCreateTopics = true,
      reauthenticationMs = 0,
    } = this.#options
    const connection = new Connection(socket, {
      tenancy,
      streams,
      requests: this.#requests,
      clock,
      randomness,
      logger,
      metrics: this.#metrics,
      limits: this.#limits,
      broker: this.#brokerAsSeenBy(socket),
      autoCreateTopics,
      fetchSessions: new FetchSessions(this.#fetchSessionSpace, randomness),
      anonymous: this.#anonymous && anonymousPrincipal(this.#anonymous),
      reauthenticationMs,
      attempts: this.#attempts,
      admissions: this.#admissions,
      work: this.#work,
    })
    this.#metrics.connected()
    socket.on('close', () => {
      this.#metrics.closed()
      this.#connections.delete(connection)
    })
    this.#connections.set(connection, connection.serve())
  }

  #brokerAsSeenBy(socket: Socket): Broker {
    const { advertisedHost, advertisedPort } = this.#options
    const reached = socket.localAddress ?? this.#options.host
    const host = tenantHostName(socket) ?? advertisedHost ?? plainAddress(reached)
    return { nodeId, host, port: advertisedPort ?? this.#address.port }
  }

  /** Accepts nobody new, lets requests in work be answered within the deadline, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#revocations[Symbol.dispose]()
    this.#arrivals[Symbol.dispose]()
    this.#tls?.[Symbol.dispose]()
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    for (const connection of this.#connections.keys()) connection.drain()
    const over = new AbortController()
    const deadline = sleep(this.#options.clock, this.#limits.drainTimeoutMs, over.signal).catch(() => {}) // Aborted below.
    await Promise.race([Promise.all(this.#connections.values()), deadline])
    over.abort()
    for (const connection of this.#connections.keys()) connection.close()
    await closed
  }
}
