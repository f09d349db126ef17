import { Agent as PlainAgent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock } from '@koine/base'
import { isPublicAddress, literalAddress } from './addresses.ts'
import { guardedLookup, type ResolveName, systemResolve } from './name-lookup.ts'
import { plainHeaders, ReceivedBody } from './received-body.ts'
import { Stage } from './stage.ts'
import {
  defaultTimeouts,
  type FailureReason,
  OutboundFailure,
  type OutboundRequest,
  type OutboundResponse,
  type OutboundTimeouts,
  type Transport,
} from './transport.ts'

export interface HttpTransportOptions {
  readonly clock: Clock
  /** Whether addresses of the inside may be reached: for endpoints that only the operator names. */
  readonly allowPrivateAddresses: boolean
  readonly timeouts?: Partial<OutboundTimeouts>
  readonly bodyBytesMax?: number
  readonly resolve?: ResolveName
  /** Certificates to trust instead of the usual ones, in PEM. */
  readonly ca?: string
}

const idleConnectionMs = 15_000
const idleConnectionsMax = 256
const headerBytesMax = 16 * 1024

/** HTTP/1.1 over connections that are kept for a while and go only where they may. */
export class HttpTransport implements Transport {
  readonly #clock: Clock
  readonly #timeouts: OutboundTimeouts
  readonly #bodyBytesMax: number
  readonly #allowPrivate: boolean
  readonly #lookup: LookupFunction
  readonly #plain: PlainAgent
  readonly #tls: TlsAgent

  constructor(o: HttpTransportOptions) {
    this.#clock = o.clock
    this.#timeouts = { ...defaultTimeouts, ...o.timeouts }
    this.#bodyBytesMax = o.bodyBytesMax ?? 16 * 1024
    this.#allowPrivate = o.allowPrivateAddresses
    this.#lookup = guardedLookup(o.resolve ?? systemResolve(), o.allowPrivateAddresses)
    const kept = {
      keepAlive: true,
      maxFreeSockets: 4,
      maxTotalSockets: idleConnectionsMax * 4,
      timeout: idleConnectionMs,
    }
    this.#plain = new PlainAgent(kept)
    this.#tls = new TlsAgent({
      ...kept,
      maxCachedSessions: idleConnectionsMax,
      ...(o.ca !== undefined && { ca: o.ca }),
    })
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    this.#refuseInside(request.url)
    try {
      return await this.#exchange(request)
    } catch (thrown) {
      // The peer closed a kept connection just as it was taken: nobody has read the request.
      if (thrown instanceof StaleConnection) return this.#exchange(request)
      throw thrown
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plain.destroy()
    this.#tls.destroy()
  }

  /** A host that is an address is never looked up, so it is judged here. */
  #refuseInside(url: URL): void {
    const address = literalAddress(url)
    if (this.#allowPrivate || address === undefined || isPublicAddress(address)) return
    throw new OutboundFailure('address-refused', `The address ${address} may not be reached.`)
  }

  #exchange({ url, method, headers, body, signal }: OutboundRequest): Promise<OutboundResponse> {
    const isTls = url.protocol === 'https:'
    const outgoing = (isTls ? tlsRequest : plainRequest)(url, {
      method,
      headers: { ...headers, 'content-length': String(body.length) },
      agent: isTls ? this.#tls : this.#plain,
      lookup: this.#lookup,
      maxHeaderSize: headerBytesMax,
    })
    const exchange = new Exchange(outgoing, {
      clock: this.#clock,
      host: url.host,
      isTls,
      bodyBytesMax: this.#bodyBytesMax,
    })
    return exchange.run(body, this.#timeouts, signal)
  }
}

class StaleConnection extends OutboundFailure {}

interface ExchangeContext {
  readonly clock: Clock
  readonly host: string
  readonly isTls: boolean
  readonly bodyBytesMax: number
}

/** One request and its answer. */
class Exchange {
  readonly #outgoing: ClientRequest
  readonly #context: ExchangeContext
  readonly #stage: Stage
  readonly #body: ReceivedBody
  readonly #outcome = Promise.withResolvers<OutboundResponse>()
  #phase: 'connecting' | 'securing' | 'waiting' | 'reading' = 'connecting'

  constructor(outgoing: ClientRequest, context: ExchangeContext) {
    this.#outgoing = outgoing
    this.#context = context
    this.#stage = new Stage(context.clock)
    this.#body = new ReceivedBody(context.bodyBytesMax)
  }

  async run(body: Uint8Array, timeouts: OutboundTimeouts, signal?: AbortSignal): Promise<OutboundResponse> {
    const outgoing = this.#outgoing
    const onAbort = (): void => this.#fail('connection-lost', 'was given up', signal?.reason)
    this.#stage.enter(timeouts.connectMs, () =>
      this.#fail('connect-timeout', `did not connect in ${timeouts.connectMs} ms`),
    )
    outgoing.on('socket', (socket) => this.#onSocket(socket, timeouts))
    outgoing.on('response', (incoming) => this.#read(incoming, timeouts))
    outgoing.on('error', (error) => this.#onError(error))
    outgoing.on('close', () => {
      // An answer that broke off ends for itself.
      if (this.#phase !== 'reading') this.#fail('connection-lost', 'closed the connection without an answer')
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    else outgoing.end(body)
    try {
      return await this.#outcome.promise
    } finally {
      this.#stage.end()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #onSocket(socket: Socket, { headersMs }: OutboundTimeouts): void {
    const wait = (): void => {
      this.#phase = 'waiting'
      this.#stage.enter(headersMs, () => this.#fail('response-timeout', `sent no answer in ${headersMs} ms`))
    }
    if (this.#outgoing.reusedSocket) return wait()
    socket.once('connect', () => {
      if (this.#phase === 'connecting') this.#phase = 'securing'
    })
    socket.once(this.#context.isTls && socket instanceof TLSSocket ? 'secureConnect' : 'connect', wait)
  }

  #read(incoming: IncomingMessage, { bodyMs }: OutboundTimeouts): void {
    this.#phase = 'reading'
    let answered = false
    const answer = (complete: boolean): void => {
      if (answered) return
      answered = true
      const { statusCode = 0, headers } = incoming
      this.#outcome.resolve({ status: statusCode, headers: plainHeaders(headers), body: this.#body.bytes(), complete })
      if (!complete) this.#outgoing.destroy()
    }
    this.#stage.enter(bodyMs, () => answer(false))
    incoming.on('data', (chunk: Uint8Array) => {
      if (!this.#body.take(chunk)) answer(false)
    })
    incoming.on('end', () => answer(true))
    // It broke off: the status has been told, and that is what counts.
    incoming.on('error', () => answer(false))
    incoming.on('close', () => answer(false))
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#phase === 'reading') return
    if (this.#outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
      this.#outcome.reject(
        new StaleConnection('connection-lost', `${this.#context.host} closed the connection.`, error),
      )
    } else if (error instanceof OutboundFailure) this.#outcome.reject(error)
    else this.#fail(this.#reasonOf(error), 'failed', error)
  }

  #reasonOf(error: NodeJS.ErrnoException): FailureReason {
    if (error.code?.startsWith('HPE_')) return 'invalid-response'
    if (this.#phase === 'connecting') return 'connect-failed'
    return this.#phase === 'securing' && this.#context.isTls ? 'tls-failed' : 'connection-lost'
  }

  /** Only the first outcome counts. */
  #fail(reason: FailureReason, what: string, cause?: unknown): void {
    const detail = (cause as NodeJS.ErrnoException | undefined)?.code
    this.#outcome.reject(
      new OutboundFailure(reason, `${this.#context.host} ${what}${detail ? ` (${detail})` : ''}.`, cause),
    )
    this.#outgoing.destroy()
  }
}
