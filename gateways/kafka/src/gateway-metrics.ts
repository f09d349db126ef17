import type { Metrics } from '@koine/base'
import { apis } from '@koine/protocols-kafka'

/** Why connections end before their client wants them to. */
export type Disconnection =
  | 'protocol'
  | 'unsupported'
  | 'authentication'
  | 'idle'
  | 'expired'
  | 'slow'
  | 'revoked'
  | 'full'
  | 'tls'
  | 'failure'

interface ApiMeter {
  /** Counts one request that took so long. */
  observe(seconds: number): void
}

/** The listener's metrics, with the series of each API at hand. */
export class GatewayMetrics {
  readonly #meters = new Map<number, ApiMeter>()
  readonly #received: { inc(by: number): void }
  readonly #sent: { inc(by: number): void }
  readonly #connections: { inc(): void; dec(): void }
  readonly #disconnections: { inc(labels: { reason: Disconnection }): void }

  constructor(metrics: Metrics) {
    const requests = metrics.counter({
      name: 'koine_kafka_requests_total',
      help: 'Requests answered, by API.',
      labelNames: ['api'],
    })
    const seconds = metrics.histogram({
      name: 'koine_kafka_request_seconds',
      help: 'Time from a request being read to its answer being ready, by API; long polls included.',
      labelNames: ['api'],
    })
    for (const { key, name } of apis.values()) {
      const counter = requests.labels({ api: name })
      const histogram = seconds.labels({ api: name })
      this.#meters.set(key, {
        observe(elapsed) {
          counter.inc()
          histogram.observe(elapsed)
        },
      })
    }
    this.#received = metrics.counter({ name: 'koine_kafka_received_bytes_total', help: 'Bytes read from clients.' })
    this.#sent = metrics.counter({ name: 'koine_kafka_sent_bytes_total', help: 'Bytes written to clients.' })
    this.#connections = metrics.gauge({ name: 'koine_kafka_connections', help: 'Open connections.' })
    this.#disconnections = metrics.counter({
      name: 'koine_kafka_disconnections_total',
      help: 'Connections that the server ended, by reason.',
      labelNames: ['reason'],
    })
  }

  answered(apiKey: number, seconds: number): void {
    this.#meters.get(apiKey)?.observe(seconds)
  }

  received(bytes: number): void {
    this.#received.inc(bytes)
  }

  sent(bytes: number): void {
    this.#sent.inc(bytes)
  }

  connected(): void {
    this.#connections.inc()
  }

  closed(): void {
    this.#connections.dec()
  }

  disconnected(reason: Disconnection): void {
    this.#disconnections.inc({ reason })
  }
}
