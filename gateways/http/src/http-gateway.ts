import type { Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { invariant, sleep } from '@koine/base'
import type { FastifyInstance } from 'fastify'
import { addPages, makeApp } from './app.ts'
import { EventStreams } from './event-streams.ts'
import { type HttpGatewayOptions, type HttpLimits, httpLimits, type TlsCertificate } from './options.ts'

/**
 * The HTTP API, its reference page and the console. Build it, let others attach to `server` (the WebSocket gateway takes
 * its upgrades), then `listen`. Disposing it takes no more requests, ends event streams, and waits for what is in flight,
 * for so long as `limits.drainMs` says.
 */
export class HttpGateway implements AsyncDisposable {
  readonly #options: HttpGatewayOptions
  readonly #limits: HttpLimits
  readonly #eventStreams: EventStreams
  readonly #app: FastifyInstance
  readonly #renewals: Disposable | undefined
  #draining = false
  #disposal: Promise<void> | undefined

  constructor(options: HttpGatewayOptions) {
    this.#options = options
    this.#limits = { ...httpLimits, ...options.limits }
    this.#eventStreams = new EventStreams({ ...options, limits: this.#limits })
    this.#app = makeApp({
      options,
      limits: this.#limits,
      eventStreams: this.#eventStreams,
      draining: () => this.#draining,
    })
    this.#renewals = followCertificate(this.server, options.certificate)
  }

  get server(): Server {
    return this.#app.server
  }

  /** For tests: the app without a socket. Call `prepare` first. */
  get app(): FastifyInstance {
    return this.#app
  }

  /** Everything but listening. */
  async prepare(): Promise<void> {
    await addPages(this.#app, this.#options)
    await this.#app.ready()
  }

  /** Rejects with Node's error (`EADDRINUSE`, `EACCES` …) when it can't. Resolves with where it listens. */
  async listen(): Promise<{ host: string; port: number; url: string }> {
    await this.prepare()
    const { host, port } = this.#options
    await this.#app.listen({ host, port })
    const address = this.server.address()
    invariant(address !== null && typeof address === 'object', 'a TCP server has an address')
    return whereIs(address, this.#options.certificate ? 'https' : 'http')
  }

  /** From now on `/readyz` says no and new requests are refused; what is in flight goes on. */
  drain(): void {
    this.#draining = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposal ??= this.#close())
  }

  async #close(): Promise<void> {
    this.drain()
    this.#renewals?.[Symbol.dispose]()
    const closed = new AbortController()
    try {
      await Promise.race([this.#finish(), this.#cutOff(closed.signal)])
    } finally {
      closed.abort()
    }
  }

  async #finish(): Promise<void> {
    await Promise.all([this.#eventStreams.drain(), this.#app.close()])
  }

  async #cutOff(closed: AbortSignal): Promise<void> {
    try {
      await sleep(this.#options.clock, this.#limits.drainMs, closed)
    } catch {
      return // Everything was finished in time.
    }
    this.#options.logger.warn({}, 'requests were still in flight at the deadline; their connections are closed')
    this.server.closeAllConnections()
  }
}

/** A renewed certificate is shown from the next handshake on. A handshake that fails has nobody to be answered. */
function followCertificate(server: Server, certificate: TlsCertificate | undefined): Disposable | undefined {
  if (!certificate) return undefined
  invariant(server instanceof TlsServer, 'With a certificate the server is one of TLS.')
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return certificate.onRenewal(() => server.setSecureContext({ ...certificate.current, minVersion: 'TLSv1.2' }))
}

function whereIs(
  { address, family, port }: AddressInfo,
  scheme: 'http' | 'https',
): { host: string; port: number; url: string } {
  const inUrl = family === 'IPv6' ? `[${address}]` : address
  return { host: address, port, url: `${scheme}://${inUrl}:${port}` }
}
