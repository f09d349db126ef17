import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { invariant, KoineError, type Logger } from '@koine/base'
import { ProtocolError } from '@koine/protocols-kafka'
import type { Revoked } from '@koine/services-tenancy'
import { type ClientFacts, clientFacts } from './client-facts.ts'
import { ClientIdentity, type IdentityParts } from './client-identity.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { Disconnection, GatewayMetrics } from '../gateway-metrics.ts'
import type { RequestCharges } from '@koine/services-streams'
import type { Answer, Broker, OpenCall } from '../handler.ts'
import { costOf, Inbound } from './inbound.ts'
import { InWork } from './in-work.ts'
import type { KafkaGatewayLimits } from '../limits.ts'
import { Outbound } from './outbound.ts'
import { Pace } from './pace.ts'
import type { Principal } from '../sasl/principal.ts'
import { type Request, type Requests, UnsupportedRequest } from './requests.ts'
import { Watchdog } from './watchdog.ts'
import type { WorkBudget, WorkShare } from './work-budget.ts'

export interface ConnectionParts extends IdentityParts {
  readonly requests: Requests
  readonly logger: Logger
  readonly metrics: GatewayMetrics
  readonly limits: KafkaGatewayLimits
  readonly broker: Broker
  readonly autoCreateTopics: boolean
  readonly fetchSessions: FetchSessions
  /** Who a connection is that doesn't authenticate; when not given it must. */
  readonly anonymous: Principal | undefined
  readonly work: WorkBudget
}

const requestsPerTurn = 32

/**
 * One client's connection: reads requests, has them handled one after another, and answers in their order. Requests of an
 * API that allows it overlap in work, never in their answers.
 */
export class Connection {
  readonly #socket: Socket
  readonly #parts: ConnectionParts
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  readonly #identity: ClientIdentity
  readonly #watchdog: Watchdog
  readonly #pace: Pace
  readonly #ended = new AbortController()
  readonly #client: ClientFacts
  readonly #share: WorkShare
  readonly #inWork: InWork
  /** Settles when all answers so far have been handed to the socket. */
  #answered: Promise<void> = Promise.resolve()

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#socket = socket
    this.#parts = parts
    const { limits, clock, metrics } = parts
    this.#client = clientFacts(socket)
    this.#share = parts.work.share()
    this.#inWork = new InWork(limits)
    this.#identity = new ClientIdentity(this.#client, parts, {
      share: this.#share,
      signal: this.#ended.signal,
      onAdmitted: (...admitted) => this.#pace.belongTo(...admitted),
    })
    this.#watchdog = new Watchdog(clock, limits, (bark, why) => this.disconnect(bark, why))
    this.#outbound = new Outbound(socket, { clock, limits, share: this.#share })
    this.#inbound = new Inbound(socket, {
      clock,
      share: this.#share,
      bytesMax: limits.pipelinedBytesMax,
      frameBytesMax: limits.openFrameBytesMax,
      frameTimeoutMs: limits.frameTimeoutMs,
      onStuck: () => this.disconnect('slow', 'a frame was not whole, or the socket not readable, for too long'),
      onBytes: (bytes) => {
        this.#watchdog.heard()
        metrics.received(bytes)
      },
    })
    this.#pace = new Pace({ throttling: parts.streams.throttling, clock, inbound: this.#inbound })
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy()) // The client is gone; `close` follows and says all there is to say.
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
  }

  /** Serves until the client goes, or must go, and the socket is closed. Never rejects. */
  async serve(): Promise<void> {
    let accepted = 0
    try {
      await this.#beAnonymous()
      for (let frame = await this.#inbound.next(); frame; frame = await this.#inbound.next()) {
        await this.#accept(frame)
        if (this.#pace.mute.isOn) await this.#pace.mute.over()
        // What one has sent ahead is worked off without waiting for anything: the others get their turn in between.
        if (++accepted % requestsPerTurn === 0) await nextTurn()
      }
      await this.#answered
      if (!(await this.#outbound.flushed())) this.disconnect('slow', 'it does not read its answers')
    } catch (thrown) {
      this.#fail(thrown)
    }
    this.#watchdog.stop()
    this.#inbound.drop()
    this.#share[Symbol.dispose]()
    this.#identity[Symbol.dispose]()
    this.#parts.fetchSessions[Symbol.dispose]()
    this.#ended.abort()
    this.#socket.destroySoon()
    if (!this.#socket.closed) await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
  }

  /** Reads no more requests, ends what only waits, and lets the rest be answered. */
  drain(): void {
    this.#inbound.end()
    this.#end()
  }

  /** Nobody is held back any more, and nothing only waited for. */
  #end(): void {
    this.#pace.mute.end()
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
      { reason, why, client: this.#client.address, tenantId: this.#identity.principal?.scope.tenantId },
      'kafka: disconnected',
    )
    this.close()
  }

  isOf({ tenantId, keyId }: Revoked): boolean {
    const principal = this.#identity.principal
    return principal?.scope.tenantId === tenantId && (keyId === undefined || principal.keyId === keyId)
  }

  async #beAnonymous(): Promise<void> {
    const { anonymous } = this.#parts
    if (!anonymous) return
    await this.#identity.beAnonymous(anonymous)
    this.#beAuthenticated(anonymous)
  }

  async #accept(frame: Uint8Array): Promise<void> {
    if (this.#identity.sasl.expectsBareToken) return this.#acceptBareToken(frame)
    const startedMs = this.#parts.clock.monotonic()
    const request = this.#parts.requests.read(frame, { isAuthenticated: this.#identity.current !== undefined })
    if ('response' in request) {
      await this.#answered
      this.#share.giveBack(costOf(frame))
      return this.#send(request.response)
    }
    const { handler } = request
    if (!handler.isOpen && this.#identity.sasl.isOverFor(handler.api.name)) {
      return this.disconnect('expired', 'it did not authenticate again in time')
    }
    const readMs = this.#parts.clock.monotonic() - startedMs
    if (!this.#inWork.mayBegin(handler)) await this.#answered
    this.#inWork.begin(handler, frame.length)
    const charges = this.#pace.charge(request.clientId, readMs)
    const answer = this.#pace.timed(charges, () => this.#handle(request, charges, frame.length))
    this.#answered = this.#answerInTurn(this.#answered, request, answer, { startedMs, charges }).finally(() => {
      this.#inWork.end(frame.length)
      this.#share.giveBack(costOf(frame))
    })
    this.#answered.catch((thrown: unknown) => this.#fail(thrown))
    if (!handler.mayOverlap) await this.#answered
    if (!(await this.#outbound.hasRoom())) this.disconnect('slow', 'it does not read its answers')
  }

  #handle(
    { handler, version, clientId, body }: Request,
    charges: RequestCharges | undefined,
    requestBytes: number,
  ): Promise<Answer> {
    const { broker, requests, streams, autoCreateTopics, fetchSessions } = this.#parts
    const open: OpenCall = {
      version,
      clientId,
      clientHost: `/${this.#client.address}`,
      broker,
      sasl: this.#identity.sasl,
      served: requests.served,
      signal: this.#ended.signal,
    }
    if (handler.isOpen) return handler.handle(body, open)
    const { principal, access } = this.#identity.current!
    invariant(charges, 'Who is somebody has a pace.')
    const answerBytesMax = this.#share.fairBytes
    return handler.handle(body, {
      ...open,
      scope: principal.scope,
      access,
      streams,
      autoCreateTopics,
      fetchSessions,
      answerBytesMax,
      charges,
      requestBytes,
    })
  }

  async #answerInTurn(
    before: Promise<void>,
    request: Request,
    work: Promise<Answer>,
    { startedMs, charges }: { readonly startedMs: number; readonly charges: RequestCharges | undefined },
  ): Promise<void> {
    const [answer] = await Promise.all([work, before])
    const { metrics, requests, clock } = this.#parts
    metrics.answered(request.handler.api.key, (clock.monotonic() - startedMs) / 1000)
    const throttleTimeMs = this.#pace.settle(charges)
    if (answer) this.#send(requests.write(request, throttleTimeMs > 0 ? { ...answer, throttleTimeMs } : answer))
    if (this.#identity.sasl.hasFailed) this.#endAfterRefusal()
    else if (this.#identity.principal && request.handler.isOpen) this.#beAuthenticated(this.#identity.principal)
  }

  async #acceptBareToken(token: Uint8Array): Promise<void> {
    this.#share.giveBack(costOf(token))
    const outcome = await this.#identity.sasl.authenticate(token)
    if (!outcome.ok) return this.#endAfterRefusal()
    const length = Buffer.alloc(4)
    length.writeInt32BE(outcome.token.length)
    this.#send([length, outcome.token])
    if (this.#identity.sasl.principal) this.#beAuthenticated(this.#identity.sasl.principal)
  }

  #beAuthenticated({ expiresAtMs }: Principal): void {
    this.#inbound.frameBytesMax = this.#parts.limits.frameBytesMax
    this.#watchdog.authenticated(expiresAtMs)
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
    const fields = { err: thrown, tenantId: this.#identity.principal?.scope.tenantId }
    // What has no place in an answer ends the connection, and the client tries again.
    if (thrown instanceof KoineError) this.#parts.logger.warn(fields, 'kafka: a request could not be answered')
    else this.#parts.logger.error(fields, 'kafka: a request failed unexpectedly')
    this.disconnect('failure', 'a request could not be answered')
  }
}
