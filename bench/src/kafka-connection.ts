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
import type { ServerProcess } from '@koine/server/testing'

/** A bare Kafka client for one connection: requests are pipelined and answered in order. */
export class KafkaConnection {
  readonly #socket: Socket
  readonly #waiting: { resolve(frame: Buffer): void; reject(error: Error): void }[] = []
  #received: Buffer[] = []
  #receivedBytes = 0
  #requests = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The connection is closed')))
  }

  /** Connected, and not authenticated. */
  static async connect(address: string): Promise<KafkaConnection> {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new KafkaConnection(socket)
  }

  /** Connected and authenticated as the first demo tenant. */
  static open({ kafka, demo }: ServerProcess): Promise<KafkaConnection> {
    return KafkaConnection.openAs(kafka, demo.tenants[0]!.apiKey)
  }

  /** Connected and authenticated with an API key. */
  static async openAs(address: string, { id, secret }: { id: string; secret: string }): Promise<KafkaConnection> {
    const connection = await KafkaConnection.connect(address)
    await connection.request(saslHandshake, 1, { mechanism: 'PLAIN' })
    const { errorCode } = await connection.request(saslAuthenticate, 1, {
      authBytes: Buffer.from(`\0${id}\0${secret}`),
    })
    if (errorCode !== 0) throw new Error(`SASL answered ${errorCode}`)
    return connection
  }

  async request<Q extends readonly Field[], S extends readonly Field[]>(
    api: Api<Q, S>,
    apiVersion: number,
    value: Encodable<Q>,
  ): Promise<Decoded<S>> {
    const writer = new Writer()
    writeRequestHeader(writer, api, { apiKey: api.key, apiVersion, correlationId: this.#requests++, clientId: 'bench' })
    api.request.encode(writer, apiVersion, value)
    const answered = new Promise<Buffer>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#socket.cork()
    for (const part of writer.finishFrame()) this.#socket.write(part)
    this.#socket.uncork()
    const reader = new Reader(await answered)
    readResponseHeader(reader, api, apiVersion)
    return api.response.decode(reader, apiVersion)
  }

  close(): void {
    this.#socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#receivedBytes += chunk.length
    for (let frame = this.#takeFrame(); frame; frame = this.#takeFrame()) this.#waiting.shift()?.resolve(frame)
  }

  #takeFrame(): Buffer | undefined {
    if (this.#receivedBytes < 4) return undefined
    if (this.#received[0]!.length < 4) this.#received = [Buffer.concat(this.#received)]
    const length = this.#received[0]!.readInt32BE(0) + 4
    if (this.#receivedBytes < length) return undefined
    const all = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received)
    this.#received = all.length > length ? [all.subarray(length)] : []
    this.#receivedBytes -= length
    return all.subarray(4, length)
  }
}
