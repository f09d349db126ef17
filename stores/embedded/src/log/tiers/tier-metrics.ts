import type { Metrics } from '@koine/base'

/** What an operator sees of tiering, over all tenants. */
export class TierMetrics {
  readonly #copied
  readonly #left
  readonly #failures
  readonly #damaged

  constructor(metrics: Metrics | undefined) {
    this.#copied = metrics?.counter({
      name: 'koine_log_tier_copied_bytes_total',
      help: 'Bytes of log segments copied to the blob store.',
    })
    this.#left = metrics?.counter({
      name: 'koine_log_tier_left_bytes_total',
      help: 'Bytes of log segments that left the local disk after they were copied.',
    })
    this.#failures = metrics?.counter({
      name: 'koine_log_tier_failures_total',
      help: 'Attempts at copying, reading or deleting objects of the log that failed.',
      labelNames: ['operation'],
    })
    this.#damaged = metrics?.counter({
      name: 'koine_log_scrub_findings_total',
      help: 'What scrubbing the log found wrong, by what became of it.',
      labelNames: ['outcome'],
    })
  }

  copied(bytes: number): void {
    this.#copied?.inc(bytes)
  }

  left(bytes: number): void {
    this.#left?.inc(bytes)
  }

  failed(operation: 'move' | 'read'): void {
    this.#failures?.inc({ operation })
  }

  found(outcome: 'repaired' | 'lost'): void {
    this.#damaged?.inc({ outcome })
  }
}
