import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { type Clock, invariant, type Timer } from '@koine/base'
import { plainHeaders, ReceivedBody } from './received-body.ts'
import { Stage } from './stage.ts'
import {
  defaultTimeouts,
  OutboundFailure,
  type OutboundRequest,
  type OutboundResponse,
  type OutboundTimeouts,
  type Transport,
} from './transport.ts'

export interface Http2TransportOptions {
  readonly clock: Clock
  readonly timeouts?: Partial<OutboundTimeouts>
  readonly bodyBytesMax?: number
  /** Certificates to trust instead of the usual ones, in PEM. */
  readonly ca?: string
}

const connectionsMax = 64
const idleConnectionMs = 10 * 60_000

/** HTTP/2 over one connection for each origin and key, to hosts that only the operator names. */
export class Http2Transport implements Transport {
  readonly #options: Http2TransportOptions
  readonly #timeouts: OutboundTimeouts
  /** The least recently used first. */
  readonly #connections = new Map<string, Connection>()

  constructor(options: Http2TransportOptions) {
    this.#options = options
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts }
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    const key = `${request.url.origin} ${request.connectionKey ?? ''}`
    const kept = this.#connections.get(key)
    try {
      return await this.#over(kept ?? this.#open(key, request.url), request)
    } catch (thrown) {
      // The peer took leave of a kept connection before it looked at the request.
      if (kept && thrown instanceof NotProcessed) return this.#over(this.#open(key, request.url), request)
      throw thrown
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) connection.destroy()
    this.#connections.clear()
  }

  #open(key: string, url: URL): Connection {
    const { clock, ca } = this.#options
    const connection = new Connection(url, {
      clock,
      connectMs: this.#timeouts.connectMs,
      ...(ca !== undefined && { ca }),
    })
    connection.onGone(() => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key)
    })
    this.#connections.set(key, connection)
    if (this.#connections.size > connectionsMax) this.#closeOldest()
    return connection
  }

  #closeOldest(): void {
    const [oldest] = this.#connections
    invariant(oldest, 'there are more connections than may be kept')
    this.#connections.delete(oldest[0])
    oldest[1].close()
  }

  async #over(connection: Connection, request: OutboundRequest): Promise<OutboundResponse> {
    const session = await connection.ready
    using _use = connection.use()
    let stream: ClientHttp2Stream
    try {
      stream = session.request({
        ':method': request.method,
        ':path': request.url.pathname + request.url.search,
        ...request.headers,
        'content-length': String(request.body.length),
      })
    } catch (cause) {
      throw new NotProcessed('connection-lost', `${request.url.host} took leave.`, cause)
    }
    return new StreamExchange(stream, request, this.#options).run(this.#timeouts)
  }
}

/** The request has not been processed and may be sent again. */
class NotProcessed extends OutboundFailure {}

class Connection {
  readonly ready: Promise<ClientHttp2Session>
  readonly #session: ClientHttp2Session
  readonly #clock: Clock
  #uses = 0
  #idle: Timer | undefined

  constructor(url: URL, o: { clock: Clock; connectMs: number; ca?: string }) {
    this.#clock = o.clock
    const session = connect(url.origin, { ...(o.ca !== undefined && { ca: o.ca }), maxSessionMemory: 10 })
    this.#session = session
    // A connection at rest doesn't keep the process.
    session.unref()
    const { promise, resolve, reject } = Promise.withResolvers<ClientHttp2Session>()
    const stage = new Stage(o.clock)
    stage.enter(o.connectMs, () => {
      reject(new OutboundFailure('connect-timeout', `${url.host} did not connect in ${o.connectMs} ms.`))
      session.destroy()
    })
    session.on('connect', () => {
      stage.end()
      resolve(session)
    })
    // Streams hear of the failure themselves; before there are any, the connection has failed.
    session.on('error', (error: NodeJS.ErrnoException) =>
      reject(new OutboundFailure('connect-failed', `${url.host} did not connect (${error.code ?? 'unknown'}).`, error)),
    )
    session.on('close', () => {
      stage.end()
      reject(new OutboundFailure('connect-failed', `${url.host} closed the connection.`))
    })
    this.ready = promise
    promise.catch(() => {}) // Whoever sends hears of it.
  }

  onGone(listener: () => void): void {
    this.#session.once('close', listener)
    this.#session.once('goaway', listener)
    this.#session.once('error', listener)
  }

  /** Keeps it, and the process, until the use is disposed of. */
  use(): Disposable {
    this.#uses++
    this.#idle?.cancel()
    this.#session.ref()
    return { [Symbol.dispose]: () => this.#used() }
  }

  /** Lets what is under way finish. */
  close(): void {
    this.#idle?.cancel()
    if (!this.#session.destroyed) this.#session.close()
  }

  destroy(): void {
    this.#idle?.cancel()
    this.#session.destroy()
  }

  #used(): void {
    this.#uses--
    if (this.#uses > 0 || this.#session.destroyed) return
    this.#session.unref()
    this.#idle = this.#clock.after(idleConnectionMs, () => this.close())
  }
}

/** One request on a connection. */
class StreamExchange {
  readonly #stream: ClientHttp2Stream
  readonly #request: OutboundRequest
  readonly #stage: Stage
  readonly #body: ReceivedBody
  readonly #outcome = Promise.withResolvers<OutboundResponse>()
  #headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined

  constructor(stream: ClientHttp2Stream, request: OutboundRequest, o: Http2TransportOptions) {
    this.#stream = stream
    this.#request = request
    this.#stage = new Stage(o.clock)
    this.#body = new ReceivedBody(o.bodyBytesMax ?? 16 * 1024)
  }

  async run({ headersMs, bodyMs }: OutboundTimeouts): Promise<OutboundResponse> {
    const stream = this.#stream
    const { signal, body } = this.#request
    const onAbort = (): void => this.#giveUp(this.#lost('connection-lost', 'was given up', signal?.reason))
    this.#stage.enter(headersMs, () =>
      this.#giveUp(this.#lost('response-timeout', `sent no answer in ${headersMs} ms`)),
    )
    stream.on('response', (headers) => {
      this.#headers = headers
      this.#stage.enter(bodyMs, () => this.#answer(false))
    })
    stream.on('data', (chunk: Uint8Array) => {
      if (!this.#body.take(chunk)) this.#answer(false)
    })
    stream.on('end', () => this.#answer(true))
    stream.on('error', (error) => this.#onError(error))
    stream.on('close', () => this.#onError(undefined))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    else stream.end(body)
    try {
      return await this.#outcome.promise
    } finally {
      this.#stage.end()
      signal?.removeEventListener('abort', onAbort)
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
    }
  }

  #answer(complete: boolean): void {
    if (!this.#headers) return
    const { ':status': status = 0, ...headers } = this.#headers
    this.#outcome.resolve({ status, headers: plainHeaders(headers), body: this.#body.bytes(), complete })
  }

  #onError(error: Error | undefined): void {
    if (this.#headers) return this.#answer(false)
    const refused = this.#stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
    const Failure = refused ? NotProcessed : OutboundFailure
    this.#giveUp(
      new Failure('connection-lost', `${this.#request.url.host} closed the stream without an answer.`, error),
    )
  }

  #lost(reason: 'connection-lost' | 'response-timeout', what: string, cause?: unknown): OutboundFailure {
    return new OutboundFailure(reason, `${this.#request.url.host} ${what}.`, cause)
  }

  #giveUp(failure: OutboundFailure): void {
    this.#outcome.reject(failure)
  }
}
