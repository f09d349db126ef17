import type { Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'

/** What a listener shows its clients; it may be renewed while the listener is open. */
export interface TlsCertificate {
  /** PEM. */
  readonly current: { readonly cert: string; readonly key: string }
  onRenewal(listener: () => void): Disposable
}

interface TlsDoorOptions {
  readonly handshakeTimeoutMs: number
  readonly onSecured: (socket: Socket) => void
  /** The client spoke something else, or took too long; its socket is closed. */
  readonly onRefused: () => void
}

/** Leads accepted sockets through the TLS handshake. A renewed certificate is shown from the next one on. */
export class TlsDoor implements Disposable {
  readonly #server: Server
  readonly #renewals: Disposable
  /** Sockets amid the handshake, by the other end's address. */
  readonly #entering = new Map<string, Socket>()

  constructor(certificate: TlsCertificate, { handshakeTimeoutMs, onSecured, onRefused }: TlsDoorOptions) {
    const options = () => ({ ...certificate.current, minVersion: 'TLSv1.2' as const })
    this.#server = createServer({ ...options(), handshakeTimeout: handshakeTimeoutMs }, (secured) => {
      this.#entering.delete(otherEnd(secured))
      onSecured(secured)
    })
    this.#server.on('tlsClientError', (_, socket) => {
      onRefused()
      socket.destroy()
    })
    this.#renewals = certificate.onRenewal(() => this.#server.setSecureContext(options()))
  }

  enter(socket: Socket): void {
    const from = otherEnd(socket)
    this.#entering.set(from, socket)
    socket.on('error', () => socket.destroy()) // Gone amid the handshake; `close` follows.
    socket.once('close', () => this.#entering.delete(from))
    this.#server.emit('connection', socket)
  }

  /** Ends the handshakes; what is secured stays. */
  [Symbol.dispose](): void {
    this.#renewals[Symbol.dispose]()
    for (const socket of this.#entering.values()) socket.destroy()
  }
}

const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
