import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { produce, Reader, readResponseHeader, writeRequestHeader, Writer } from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { authenticate } from './authenticate.ts'

const version = 9
const lengthBytes = 4

/**
 * One produce request of a small record for each partition, as it goes over the wire: a few hundred bytes, and much more to do
 * for who receives it than for who sends it. Answers come in order, so that all may be alike.
 */
export function produceFrame(
  topic: string,
  { partitions, valueBytes }: { readonly partitions: number; readonly valueBytes: number },
): Buffer {
  const value = new Uint8Array(valueBytes).fill(120)
  const records = encodeRecordBatch({ records: [{ key: null, value, timestampMs: Date.now() }] })
  const writer = new Writer()
  writeRequestHeader(writer, produce, { apiKey: produce.key, apiVersion: version, correlationId: 7, clientId: 'load' })
  produce.request.encode(writer, version, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: Array.from({ length: partitions }, (_, index) => ({ index, records })) }],
  })
  return Buffer.concat(writer.finishFrame())
}

export interface Answer {
  /** When the record was there to be sent, when it was sent and when it was answered, all by `performance.now()`. */
  readonly wantedAtMs: number
  readonly sentAtMs: number
  readonly answeredAtMs: number
}

export interface PacedProducerOptions {
  readonly frame: Buffer
  /** Requests without an answer, as Kafka's `max.in.flight.requests.per.connection`. */
  readonly inFlightMax: number
  readonly onAnswer: (answer: Answer) => void
}

/** Records that wait to be sent; beyond as many their times aren't kept. */
const wantedMax = 10_000

/**
 * A producer whose records come at a rate that nothing holds up. It sends as a Kafka client does: so many requests at a time,
 * and none while it has been told to wait (KIP-219). It costs next to nothing, so that one process outdoes a server.
 */
export class PacedProducer {
  readonly #socket: Socket
  readonly #options: PacedProducerOptions
  readonly #wanted: number[] = []
  readonly #sent: { readonly wantedAtMs: number; readonly sentAtMs: number }[] = []
  #received: Buffer = Buffer.alloc(0)
  #throttledUntilMs = 0
  #nextAtMs = Infinity
  #everyMs = Infinity
  #failure: Error | undefined

  private constructor(socket: Socket, options: PacedProducerOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('error', (error) => (this.#failure = error))
    socket.on('close', () => (this.#failure ??= new Error('The server closed a connection')))
  }

  static async open(
    address: string,
    key: { readonly id: string; readonly secret: string },
    options: PacedProducerOptions,
  ): Promise<PacedProducer> {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    socket.setNoDelay(true)
    await once(socket, 'connect')
    await authenticate(socket, key)
    return new PacedProducer(socket, options)
  }

  /** From now on records come at this rate; 0: none. */
  set perSecond(perSecond: number) {
    this.#everyMs = perSecond > 0 ? 1_000 / perSecond : Infinity
    this.#nextAtMs = perSecond > 0 ? performance.now() + Math.random() * this.#everyMs : Infinity
    this.#wanted.length = 0
  }

  /** Sends what may be sent; to be called every few milliseconds. @throws Error when the connection is gone */
  turn(nowMs: number): void {
    if (this.#failure) throw this.#failure
    for (; this.#nextAtMs <= nowMs; this.#nextAtMs += this.#everyMs) {
      if (this.#wanted.length < wantedMax) this.#wanted.push(this.#nextAtMs)
    }
    if (nowMs < this.#throttledUntilMs) return
    const room = Math.min(this.#options.inFlightMax - this.#sent.length, this.#wanted.length)
    if (room <= 0) return
    this.#socket.cork()
    for (const wantedAtMs of this.#wanted.splice(0, room)) {
      this.#sent.push({ wantedAtMs, sentAtMs: nowMs })
      this.#socket.write(this.#options.frame)
    }
    this.#socket.uncork()
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    const nowMs = performance.now()
    let received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece])
    while (received.length >= lengthBytes) {
      const end = lengthBytes + received.readInt32BE(0)
      if (received.length < end) break
      this.#take(received.subarray(lengthBytes, end), nowMs)
      received = received.subarray(end)
    }
    this.#received = received
    this.turn(nowMs)
  }

  #take(frame: Buffer, nowMs: number): void {
    const reader = new Reader(frame)
    readResponseHeader(reader, produce, version)
    const { responses, throttleTimeMs } = produce.response.decode(reader, version)
    const errorCode = responses[0]?.partitionResponses.find((each) => each.errorCode !== 0)?.errorCode
    if (errorCode !== undefined) this.#failure = new Error(`Produce answered ${errorCode}`)
    this.#throttledUntilMs = Math.max(this.#throttledUntilMs, nowMs + throttleTimeMs)
    const sent = this.#sent.shift()
    if (sent) this.#options.onAnswer({ ...sent, answeredAtMs: nowMs })
  }
}
