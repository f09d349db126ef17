import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Clock, invariant, type Logger, type Metrics, type Randomness, sleep } from '@koine/base'
import type { Streams } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import { Connection } from './connection.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import type { Broker } from './handler.ts'
import { handlers } from './handlers/index.ts'
import { defaultKafkaGatewayLimits, type KafkaGatewayLimits } from './limits.ts'
import { Requests } from './requests.ts'

export interface KafkaGatewayOptions {
  readonly tenancy: Pick<Tenancy, 'authenticateKey' | 'onRevoked'>
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
  readonly limits?: Partial<KafkaGatewayLimits>
}

const nodeId = 1
const ipv4InIpv6 = '::ffff:'

/** The listener for Kafka clients. Each connection belongs to the tenant whose key it authenticates with. */
export class KafkaGateway implements AsyncDisposable {
  readonly #options: KafkaGatewayOptions
  readonly #limits: KafkaGatewayLimits
  readonly #metrics: GatewayMetrics
  readonly #requests = new Requests(handlers)
  readonly #server: Server
  readonly #connections = new Map<Connection, Promise<void>>()
  readonly #revocations: Disposable

  constructor(options: KafkaGatewayOptions) {
    this.#options = options
    this.#limits = { ...defaultKafkaGatewayLimits, ...options.limits }
    this.#metrics = new GatewayMetrics(options.metrics)
    this.#server = createServer((socket) => this.#welcome(socket))
    this.#revocations = options.tenancy.onRevoked((revoked) => {
      for (const connection of this.#connections.keys()) {
        if (connection.isOf(revoked)) connection.disconnect('revoked', 'its credential was revoked')
      }
      if (revoked.keyId === undefined) options.streams.forget(revoked.tenantId)
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
    if (this.#connections.size >= this.#limits.connectionsMax) {
      this.#metrics.disconnected('full')
      socket.destroy()
      return
    }
    const { tenancy, streams, clock, logger, autoCreateTopics = true } = this.#options
    const connection = new Connection(socket, {
      tenancy,
      streams,
      requests: this.#requests,
      clock,
      logger,
      metrics: this.#metrics,
      limits: this.#limits,
      broker: this.#brokerAsSeenBy(socket),
      autoCreateTopics,
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
    const plain = reached.startsWith(ipv4InIpv6) ? reached.slice(ipv4InIpv6.length) : reached
    return { nodeId, host: advertisedHost ?? plain, port: advertisedPort ?? this.#address.port }
  }

  /** Accepts nobody new, lets requests in work be answered within the deadline, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#revocations[Symbol.dispose]()
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
