import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type Api,
  type Decoded,
  type Encodable,
  type Field,
  Reader,
  readResponseHeader,
  saslAuthenticate,
  saslHandshake,
  writeRequestHeader,
  Writer,
} from '@koine/protocols-kafka'
import type { ScramMechanism } from '@koine/services-tenancy'
import { FrameSplitter } from '../connection/frame-splitter.ts'
import { ScramClient, type ScramOptions } from './scram-client.ts'

type Fields = readonly Field[]

interface ScramAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly sessionLifetimeMs: number
  /** The server has shown that it knows the password as well. */
  readonly isTrusted: boolean
  /** The server's first message. */
  readonly challenge: string
}

/** A client that speaks the wire protocol by the tables, one frame at a time. */
export class WireClient implements Disposable {
  readonly socket: Socket
  readonly #frames: Uint8Array[] = []
  readonly #splitter = new FrameSplitter(1 << 30)
  #isClosed = false
  #wake: () => void = () => {}
  #correlationId = 0

  /** Over a socket of any kind that is connected. */
  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(...this.#splitter.push(chunk))
      this.#wake()
    })
    socket.on('error', () => {}) // A reset: `close` follows.
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  static async open(port: number): Promise<WireClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  /** Connected, and authenticated when the credential is good. */
  static async signIn(port: number, credential: { id: string; secret: string }): Promise<WireClient> {
    const client = await WireClient.open(port)
    await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
    await client.call(saslAuthenticate, 1, { authBytes: plainToken(credential) })
    return client
  }

  /** The whole exchange, up to the answer that ends it. */
  async signInByScram(mechanism: ScramMechanism, options: ScramOptions): Promise<ScramAnswer> {
    const scram = new ScramClient(mechanism, options)
    await this.call(saslHandshake, 1, { mechanism })
    const first = await this.call(saslAuthenticate, 2, { authBytes: scram.first() })
    if (first.errorCode !== 0) return { ...first, isTrusted: false, challenge: '' }
    const challenge = Buffer.from(first.authBytes).toString()
    const final = await this.call(saslAuthenticate, 2, { authBytes: scram.final(first.authBytes) })
    return { ...final, isTrusted: final.errorCode === 0 && scram.trusts(final.authBytes), challenge }
  }

  /** @returns the correlation id */
  send<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: Encodable<Request>,
  ): number {
    const writer = new Writer()
    const correlationId = ++this.#correlationId
    writeRequestHeader(writer, api, { apiKey: api.key, apiVersion: version, correlationId, clientId: 'wire-client' })
    api.request.encode(writer, version, body)
    this.socket.write(Buffer.concat(writer.finishFrame()))
    return correlationId
  }

  /** The next frame; undefined when the server has closed the connection. */
  async frame(): Promise<Uint8Array | undefined> {
    while (this.#frames.length === 0) {
      if (this.#isClosed) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#frames.shift()
  }

  async receive<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
  ): Promise<Decoded<Response> & { readonly correlationId: number }> {
    const frame = await this.frame()
    if (!frame) throw new Error('The server closed the connection.')
    const reader = new Reader(frame)
    const correlationId = readResponseHeader(reader, api, version)
    return { ...api.response.decode(reader, version), correlationId }
  }

  call<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: Encodable<Request>,
  ): Promise<Decoded<Response>> {
    this.send(api, version, body)
    return this.receive(api, version)
  }

  /** Resolves when the server has closed the connection; whatever it sent before is dropped. */
  async closed(): Promise<void> {
    while (await this.frame());
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

export const plainToken = ({ id, secret }: { id: string; secret: string }): Uint8Array =>
  Buffer.from(`\u0000${id}\u0000${secret}`)
