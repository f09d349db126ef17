import type { Socket } from 'node:net'
import { type Clock, KoineError, type Logger } from '@koine/base'
import { ProtocolError } from '@koine/protocols-kafka'
import type { Access, Streams } from '@koine/services-streams'
import type { ApiKeyPrincipal, Revoked, Tenancy } from '@koine/services-tenancy'
import type { Disconnection, GatewayMetrics } from './gateway-metrics.ts'
import type { Answer, Broker, OpenCall } from './handler.ts'
import { Inbound } from './inbound.ts'
import type { KafkaGatewayLimits } from './limits.ts'
import { Outbound } from './outbound.ts'
import { type Request, type Requests, UnsupportedRequest } from './requests.ts'
import { SaslSession } from './sasl-session.ts'
import { Watchdog } from './watchdog.ts'

export interface ConnectionParts {
  readonly tenancy: Pick<Tenancy, 'authenticateKey'>
  readonly streams: Streams
  readonly requests: Requests
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: GatewayMetrics
  readonly limits: KafkaGatewayLimits
  readonly broker: Broker
  readonly autoCreateTopics: boolean
}

/**
 * One client's connection: reads requests, has them handled one after another, and answers in their order. Requests of an
 * API that allows it overlap in work, never in their answers.
 */
export class Connection {
  readonly #socket: Socket
  readonly #parts: ConnectionParts
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  readonly #sasl: SaslSession
  readonly #watchdog: Watchdog
  readonly #ended = new AbortController()
  readonly #clientHost: string
  /** Settles when all answers so far have been handed to the socket. */
  #answered: Promise<void> = Promise.resolve()
  #inWork = 0
  #inWorkBytes = 0
  #overlapping: Request['handler'] | undefined

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#socket = socket
    this.#parts = parts
    const { limits, clock, metrics } = parts
    this.#clientHost = `/${socket.remoteAddress ?? ''}`
    this.#sasl = new SaslSession(parts.tenancy)
    this.#watchdog = new Watchdog(clock, limits, (reason) => this.disconnect(reason, 'it was silent for too long'))
    this.#outbound = new Outbound(socket, { clock, limits })
    this.#inbound = new Inbound(socket, {
      framesMax: limits.pipelinedRequestsMax,
      bytesMax: limits.pipelinedBytesMax,
      frameBytesMax: limits.openFrameBytesMax,
      onBytes: (bytes) => {
        this.#watchdog.heard()
        metrics.received(bytes)
      },
    })
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy()) // The client is gone; `close` follows and says all there is to say.
    socket.on('end', () => this.#ended.abort())
    socket.on('close', () => this.#ended.abort())
  }

  /** Serves until the client goes, or must go, and the socket is closed. Never rejects. */
  async serve(): Promise<void> {
    try {
      for (let frame = await this.#inbound.next(); frame; frame = await this.#inbound.next()) await this.#accept(frame)
      await this.#answered
    } catch (thrown) {
      this.#fail(thrown)
    }
    this.#watchdog.stop()
    this.#ended.abort()
    this.#socket.destroySoon()
    if (!this.#socket.closed) await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
  }

  /** Reads no more requests, ends what only waits, and lets the rest be answered. */
  drain(): void {
    this.#inbound.end()
    this.#ended.abort()
  }

  /** At once, whatever is in work. */
  close(): void {
    this.#inbound.drop()
    this.#socket.destroy()
  }

  disconnect(reason: Disconnection, why: string): void {
    const { logger, metrics } = this.#parts
    if (this.#socket.destroyed) return
    metrics.disconnected(reason)
    logger.debug(
      { reason, why, client: this.#clientHost, tenantId: this.#principal?.scope.tenantId },
      'kafka: disconnected',
    )
    this.close()
  }

  isOf({ tenantId, keyId }: Revoked): boolean {
    const principal = this.#principal
    return principal?.scope.tenantId === tenantId && (keyId === undefined || principal.keyId === keyId)
  }

  get #principal(): ApiKeyPrincipal | undefined {
    return this.#sasl.principal
  }

  async #accept(frame: Uint8Array): Promise<void> {
    if (this.#sasl.expectsBareToken) return this.#acceptBareToken(frame)
    const startedMs = this.#parts.clock.monotonic()
    const request = this.#parts.requests.read(frame, { isAuthenticated: this.#principal !== undefined })
    if ('response' in request || !this.#mayBegin(request)) await this.#answered
    if ('response' in request) return this.#send(request.response)
    this.#overlapping = request.handler
    this.#inWork++
    this.#inWorkBytes += frame.length
    const answer = this.#handle(request)
    this.#answered = this.#answerInTurn(this.#answered, request, answer, startedMs).finally(() => {
      this.#inWork--
      this.#inWorkBytes -= frame.length
    })
    this.#answered.catch((thrown: unknown) => this.#fail(thrown))
    if (!request.handler.mayOverlap) await this.#answered
    if (!(await this.#outbound.hasRoom())) this.disconnect('slow', 'it does not read its answers')
  }

  #mayBegin({ handler }: Request): boolean {
    if (this.#inWork === 0) return true
    const { overlappingRequestsMax, overlappingBytesMax } = this.#parts.limits
    const hasRoom = this.#inWork < overlappingRequestsMax && this.#inWorkBytes < overlappingBytesMax
    return handler.mayOverlap && handler === this.#overlapping && hasRoom
  }

  #handle({ handler, version, clientId, body }: Request): Promise<Answer> {
    const { broker, requests, streams, autoCreateTopics } = this.#parts
    const open: OpenCall = {
      version,
      clientId,
      clientHost: this.#clientHost,
      broker,
      sasl: this.#sasl,
      served: requests.served,
      signal: this.#ended.signal,
    }
    if (handler.isOpen) return handler.handle(body, open)
    const { scope, keyId } = this.#principal!
    const access: Access = { principal: `User:${keyId}`, may: () => true }
    return handler.handle(body, { ...open, scope, access, streams, autoCreateTopics })
  }

  async #answerInTurn(
    before: Promise<void>,
    request: Request,
    work: Promise<Answer>,
    startedMs: number,
  ): Promise<void> {
    const [answer] = await Promise.all([work, before])
    const { metrics, requests, clock, limits } = this.#parts
    metrics.answered(request.handler.api.key, (clock.monotonic() - startedMs) / 1000)
    if (answer) this.#send(requests.write(request, answer))
    if (this.#sasl.hasFailed) this.#endAfterRefusal()
    else if (this.#principal && request.handler.isOpen) this.#beAuthenticated(limits)
  }

  async #acceptBareToken(token: Uint8Array): Promise<void> {
    const outcome = await this.#sasl.authenticate(token)
    if (!outcome.ok) return this.#endAfterRefusal()
    this.#send([new Uint8Array(4)])
    this.#beAuthenticated(this.#parts.limits)
  }

  #beAuthenticated(limits: KafkaGatewayLimits): void {
    this.#inbound.frameBytesMax = limits.frameBytesMax
    this.#watchdog.authenticated()
  }

  #endAfterRefusal(): void {
    this.#parts.metrics.disconnected('authentication')
    this.#inbound.drop()
  }

  #send(chunks: readonly Uint8Array[]): void {
    this.#parts.metrics.sent(this.#outbound.send(chunks))
  }

  /** The first failure ends the connection; those that follow from it are not told. */
  #fail(thrown: unknown): void {
    if (this.#socket.destroyed) return
    if (thrown instanceof ProtocolError) return this.disconnect('protocol', thrown.message)
    if (thrown instanceof UnsupportedRequest) return this.disconnect('unsupported', thrown.message)
    const fields = { err: thrown, tenantId: this.#principal?.scope.tenantId }
    // What has no place in an answer ends the connection, and the client tries again.
    if (thrown instanceof KoineError) this.#parts.logger.warn(fields, 'kafka: a request could not be answered')
    else this.#parts.logger.error(fields, 'kafka: a request failed unexpectedly')
    this.disconnect('failure', 'a request could not be answered')
  }
}
