import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, type Logger, type Metrics, type Randomness, sleep, type TenantId, type Timer } from '@koine/base'
import type { CloseReason } from '@koine/protocols-realtime'
import { Connection } from './connection.ts'
import { CorkedWrites } from './corked-writes.ts'
import { createHandshakes, type Handshakes } from './handshakes.ts'
import { createInstruments } from './instruments.ts'
import { defaultRealtimeLimits, type RealtimeLimits } from './limits.ts'
import { LiveFrames } from './live-frames.ts'
import type { MessagingPort, Realtime, TenancyPort } from './realtime.ts'
import { bind, type RealtimeSocket } from './realtime-socket.ts'
import { Registry } from './registry.ts'
import { refusalOf, refusals, refuse } from './upgrades.ts'

export interface WebSocketGatewayOptions {
  readonly tenancy: TenancyPort
  readonly messaging: MessagingPort
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<RealtimeLimits>
  /**
   * Which pages of other origins may connect; any when not given (the token is in a frame, not in a cookie). Clients that
   * are no browser are not asked.
   */
  readonly allowedOrigins?: readonly string[]
}

const sweepEveryMs = 1000
/** Handshakes beyond the limit that are completed just to say `overloaded`; further ones get a plain 503. */
const courtesyConnections = 100

/**
 * Serves `/v1/realtime` on HTTP servers that it doesn't own. Disposing it drains: it takes no more connections or
 * requests, finishes the requests at work within a deadline, and closes every client with a code that says reconnect.
 */
export class WebSocketGateway implements AsyncDisposable {
  readonly #realtime: Realtime
  readonly #allowedOrigins: readonly string[] | undefined
  readonly #handshakes: Handshakes
  readonly #registry = new Registry()
  readonly #servers: Server[] = []
  readonly #revocations: Disposable
  #nextSweep: Timer
  #stopping = false

  constructor({ metrics, limits, allowedOrigins, ...shared }: WebSocketGatewayOptions) {
    this.#allowedOrigins = allowedOrigins
    this.#realtime = {
      ...shared,
      limits: { ...defaultRealtimeLimits, ...limits },
      instruments: createInstruments(metrics, () => this.#registry.size),
      writes: new CorkedWrites(),
      liveFrames: new LiveFrames(),
      onGone: (connection) => this.#registry.remove(connection),
    }
    this.#handshakes = createHandshakes(this.#realtime.limits)
    this.#revocations = shared.tenancy.onRevoked(({ tenantId, keyId }) => {
      // User tokens are signed with the tenant's secret: they outlive the key that asked for them.
      if (keyId === undefined) void this.#closeTenant(tenantId)
    })
    this.#nextSweep = shared.clock.after(sweepEveryMs, this.#sweep)
  }

  /** Handles all of the server's upgrades: those for other paths are answered 404. */
  attach(server: Server): void {
    this.#servers.push(server)
    server.on('upgrade', this.#onUpgrade)
  }

  /** Open connections, authenticated or not. */
  get connections(): number {
    return this.#registry.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#revocations[Symbol.dispose]()
    this.#nextSweep.cancel()
    const { drainWithinMs, closeWithinMs } = this.#realtime.limits
    await this.#within(drainWithinMs, this.#registry.drain())
    this.#registry.close('shuttingDown')
    await this.#within(closeWithinMs, this.#registry.emptied())
    this.#registry.terminate()
    for (const server of this.#servers) server.off('upgrade', this.#onUpgrade)
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const refusal = this.#isFull(courtesyConnections) ? refusals.unavailable : refusalOf(request, this.#allowedOrigins)
    if (refusal) refuse(stream, refusal)
    else this.#handshakes.handleUpgrade(request, stream, head, (socket) => this.#admit(socket, stream))
  }

  #admit(socket: RealtimeSocket, stream: Duplex): void {
    const full = this.#isFull(0)
    const connection = new Connection(this.#realtime, socket, stream)
    bind(socket, connection)
    this.#registry.add(connection)
    if (full) connection.close('overloaded')
  }

  #isFull(beyond: number): boolean {
    return this.#stopping || this.#registry.size >= this.#realtime.limits.connections + beyond
  }

  readonly #sweep = (): void => {
    const { clock } = this.#realtime
    this.#registry.sweep(Math.round(clock.monotonic()), clock.now())
    this.#nextSweep = clock.after(sweepEveryMs, this.#sweep)
  }

  async #closeTenant(tenantId: TenantId): Promise<void> {
    this.#registry.closeTenant(tenantId, await this.#whyRevoked(tenantId))
  }

  async #whyRevoked(tenantId: TenantId): Promise<CloseReason> {
    try {
      const { status } = await this.#realtime.tenancy.tenant(tenantId)
      return status === 'suspended' ? 'tenantSuspended' : 'unauthenticated'
    } catch {
      return 'unauthenticated' // It is gone, or can't be asked after: its credentials are worth nothing either way.
    }
  }

  async #within(deadlineMs: number, work: Promise<void>): Promise<void> {
    const over = new AbortController()
    const deadline = sleep(this.#realtime.clock, deadlineMs, over.signal).catch(() => {}) // Aborted: the work came first.
    await Promise.race([work, deadline])
    over.abort()
  }
}
