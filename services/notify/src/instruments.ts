import type { Metrics } from '@koine/base'

/** What notify tells about itself. */
export class Instruments {
  readonly #pushes
  readonly #attempts
  readonly #attemptSeconds
  readonly #disabled
  readonly #ignored

  constructor(metrics: Metrics) {
    this.#pushes = metrics.counter({
      name: 'koine_notify_pushes_total',
      help: 'Pushes by provider and what became of them.',
      labelNames: ['provider', 'outcome'],
    })
    this.#attempts = metrics.counter({
      name: 'koine_notify_webhook_attempts_total',
      help: 'Attempts to deliver to a webhook endpoint, by what became of them.',
      labelNames: ['outcome'],
    })
    this.#attemptSeconds = metrics.histogram({
      name: 'koine_notify_webhook_attempt_seconds',
      help: 'Time that an attempt took.',
    })
    this.#disabled = metrics.counter({
      name: 'koine_notify_webhook_endpoints_disabled_total',
      help: 'Endpoints disabled because they took nothing for long, or said that they are gone.',
    })
    this.#ignored = metrics.counter({
      name: 'koine_notify_events_ignored_total',
      help: 'Events that could not be read.',
    })
  }

  pushed(provider: string, outcome: string): void {
    this.#pushes.inc({ provider, outcome })
  }

  attempted(outcome: 'delivered' | 'retry' | 'failed', durationMs: number): void {
    this.#attempts.inc({ outcome })
    this.#attemptSeconds.observe(durationMs / 1000)
  }

  disabled(): void {
    this.#disabled.inc()
  }

  ignored(): void {
    this.#ignored.inc()
  }
}
