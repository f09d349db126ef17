import { Api, RealtimeConnection, type ServerProcess } from '@koine/server/testing'
import { writtenBytes } from './process-figures.ts'
import { type Measure, measure, percentile } from './result.ts'

export interface PairOptions {
  readonly pairs: number
  readonly seconds: number
  readonly runs: number
}

/**
 * Pairs of people, each with one message under way: sent over WebSocket, made durable, delivered to the other, and only
 * then the next. Latency is from before the send to the delivery.
 */
export async function pairMeasures(server: ServerProcess, { pairs, seconds, runs }: PairOptions): Promise<Measure[]> {
  const api = new Api(server)
  const open = await Promise.all(Array.from({ length: pairs }, (_, index) => Pair.open(server, api, index)))
  const rates: number[] = []
  const p50: number[] = []
  const p99: number[] = []
  const written: number[] = []
  const diskRates: number[] = []
  for (let run = -1; run < runs; run++) {
    const warmUp = run < 0
    const startedMs = performance.now()
    const writtenBefore = writtenBytes(server.pid)
    const untilMs = startedMs + (warmUp ? Math.min(seconds, 2) : seconds) * 1000
    const latencies = (await Promise.all(open.map((pair) => pair.talk(untilMs)))).flat()
    if (warmUp) continue
    const tookSeconds = (performance.now() - startedMs) / 1000
    const bytes = writtenBytes(server.pid) - writtenBefore
    rates.push(latencies.length / tookSeconds)
    written.push(bytes / latencies.length / 1024)
    diskRates.push(bytes / 1e6 / tookSeconds)
    p50.push(percentile(latencies, 0.5))
    p99.push(percentile(latencies, 0.99))
  }
  for (const pair of open) pair.close()
  const name = pairs === 1 ? '1_pair' : `${pairs}_pairs`
  return [
    measure(`messages_${name}`, 'durable messages/s', rates),
    measure(`latency_p50_${name}`, 'ms', p50),
    measure(`latency_p99_${name}`, 'ms', p99),
    measure(`written_per_message_${name}`, 'KiB', written),
    measure(`disk_write_${name}`, 'MB/s, against wall_sequential_write', diskRates),
  ]
}

class Pair {
  readonly #conversationId: string
  #sender!: RealtimeConnection
  #receiver!: RealtimeConnection
  #sent = 0
  #awaited = ''
  #delivered: () => void = () => {}

  private constructor(conversationId: string) {
    this.#conversationId = conversationId
  }

  static async open(server: ServerProcess, api: Api, index: number): Promise<Pair> {
    const [a, b] = await Promise.all([api.user(`sender ${index}`), api.user(`receiver ${index}`)])
    const pair = new Pair(await api.conversation([a.id, b.id]))
    pair.#sender = await RealtimeConnection.open(server, a.token, (frame) => {
      if (frame.type === 'error') throw new Error(`${frame.code}: ${frame.message}`)
    })
    pair.#receiver = await RealtimeConnection.open(server, b.token, (frame) => {
      if (frame.type === 'message' && frame.message.clientMessageId === pair.#awaited) pair.#delivered()
    })
    return pair
  }

  /** Sends until the time has come. Returns each message's latency in milliseconds. */
  async talk(untilMs: number): Promise<number[]> {
    const latencies: number[] = []
    for (let beforeMs = performance.now(); beforeMs < untilMs; beforeMs = performance.now()) {
      const clientMessageId = `m${this.#sent++}`
      this.#awaited = clientMessageId
      const delivered = new Promise<void>((resolve) => {
        this.#delivered = resolve
      })
      this.#sender.send({
        type: 'send',
        ref: clientMessageId,
        conversationId: this.#conversationId,
        clientMessageId,
        text: 'See you at midnight, by the fountain!',
      })
      await delivered
      latencies.push(performance.now() - beforeMs)
    }
    return latencies
  }

  close(): void {
    this.#sender.close()
    this.#receiver.close()
  }
}
