import { X509Certificate } from 'node:crypto'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '@koine/base'
import {
  type Api,
  type Decoded,
  type Encodable,
  type Field,
  Reader,
  readResponseHeader,
  writeRequestHeader,
  Writer,
} from '@koine/protocols-kafka'
import { ProbeFailure } from './probe-failure.ts'

type Fields = readonly Field[]

export interface WireAddress {
  readonly host: string
  readonly port: number
  /** With it the client speaks TLS, and to nobody who shows another certificate. In PEM. */
  readonly certificate?: () => string
}

interface Surroundings {
  readonly clock: Pick<Clock, 'now'>
  /** Whatever is waited for rejects when it is aborted. */
  readonly signal: AbortSignal
}

/** What the probe asks for has answers far shorter. */
const frameBytesMax = 64 * 1024
const clientId = 'koine-probe'

/** One connection of a Kafka client, as small as can be: one request at a time. */
export class WireClient implements Disposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  #received: Buffer = Buffer.alloc(0)
  #ended: Error | undefined
  #wake: () => void = () => {}
  #correlationId = 0

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    const end = (error: Error): void => {
      this.#ended ??= error
      this.#wake()
    }
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      if (this.#received.length > 2 * frameBytesMax) socket.destroy()
      this.#wake()
    })
    socket.on('error', (cause) => end(new ProbeFailure(causeOf(cause), `The connection failed: ${cause.message}`)))
    socket.on('close', () => end(new ProbeFailure('closed', 'The server closed the connection.')))
    signal.addEventListener('abort', () => {
      end(timeout())
      socket.destroy()
    })
  }

  /** @throws ProbeFailure */
  static async connect({ host, port, certificate }: WireAddress, { clock, signal }: Surroundings): Promise<WireClient> {
    // Who it is, is asked of the certificate below: its name is for clients that come from elsewhere.
    const socket = certificate
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connectPlain({ host, port, noDelay: true })
    const client = new WireClient(socket, signal)
    try {
      await client.#connected(certificate ? 'secureConnect' : 'connect')
      if (certificate) refuseOthers(socket as TLSSocket, certificate(), clock.now())
      return client
    } catch (thrown) {
      client[Symbol.dispose]()
      throw thrown
    }
  }

  /** @throws ProbeFailure */
  async call<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: Encodable<Request>,
  ): Promise<Decoded<Response>> {
    const writer = new Writer()
    const correlationId = ++this.#correlationId
    writeRequestHeader(writer, api, { apiKey: api.key, apiVersion: version, correlationId, clientId })
    api.request.encode(writer, version, body)
    this.#socket.write(Buffer.concat(writer.finishFrame()))
    const reader = new Reader(await this.#frame())
    try {
      if (readResponseHeader(reader, api, version) !== correlationId) throw new Error('It answers another request.')
      return api.response.decode(reader, version)
    } catch (cause) {
      throw new ProbeFailure('wrong', `The answer to ${api.name} makes no sense.`, { cause })
    }
  }

  [Symbol.dispose](): void {
    this.#ended ??= new ProbeFailure('closed', 'The connection was given up.')
    this.#socket.destroy()
  }

  async #connected(event: 'connect' | 'secureConnect'): Promise<void> {
    let isConnected = false
    this.#socket.once(event, () => {
      isConnected = true
      this.#wake()
    })
    if (this.#signal.aborted) throw timeout()
    await this.#until(() => isConnected)
  }

  async #frame(): Promise<Buffer> {
    await this.#until(() => this.#received.length >= 4)
    const length = this.#received.readInt32BE(0)
    if (length < 0 || length > frameBytesMax) throw new ProbeFailure('wrong', `An answer declares ${length} bytes.`)
    await this.#until(() => this.#received.length >= 4 + length)
    const frame = this.#received.subarray(4, 4 + length)
    this.#received = this.#received.subarray(4 + length)
    return frame
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw this.#ended
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

const timeout = (): ProbeFailure => new ProbeFailure('timeout', 'No answer came in time.')

const causeOf = (error: Error): 'refused' | 'closed' =>
  (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'refused' : 'closed'

/** @throws ProbeFailure when the server isn't who it should be, or clients can't take its certificate any more */
function refuseOthers(socket: TLSSocket, wanted: string, nowMs: number): void {
  const shown = socket.getPeerX509Certificate()
  if (shown?.fingerprint256 !== new X509Certificate(wanted).fingerprint256) {
    throw new ProbeFailure('wrong', 'The listener shows another certificate than the one it was given.')
  }
  if (Date.parse(shown.validTo) < nowMs) {
    throw new ProbeFailure('wrong', `The listener's certificate expired at ${shown.validTo}.`)
  }
}
