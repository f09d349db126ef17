import type { ErrorCode, Metrics } from '@koine/base'

/** What messaging tells about itself. */
export class Instruments {
  readonly #committed
  readonly #duplicates
  readonly #refusals
  readonly #commitSeconds
  readonly #sendsPerCommit
  readonly #commitRetries
  readonly #undelivered

  /** @param sendsInProgress read when metrics are scraped */
  constructor(metrics: Metrics, sendsInProgress: () => number) {
    this.#committed = metrics.counter({ name: 'koine_messaging_sends_total', help: 'Messages committed.' })
    this.#duplicates = metrics.counter({
      name: 'koine_messaging_duplicates_total',
      help: 'Repeated sends that were answered with the message that they had made.',
    })
    this.#refusals = metrics.counter({
      name: 'koine_messaging_refusals_total',
      help: 'Sends that failed, by error code.',
      labelNames: ['code'],
    })
    this.#commitSeconds = metrics.histogram({
      name: 'koine_messaging_commit_seconds',
      help: 'Time to commit the sends of one batch.',
    })
    this.#sendsPerCommit = metrics.histogram({
      name: 'koine_messaging_commit_sends',
      help: 'Sends that shared a batch.',
      buckets: [1, 2, 5, 10, 20],
    })
    this.#commitRetries = metrics.counter({
      name: 'koine_messaging_commit_retries_total',
      help: 'Batches tried again, by what came in between.',
      labelNames: ['reason'],
    })
    this.#undelivered = metrics.counter({
      name: 'koine_messaging_live_events_dropped_total',
      help: 'Live events that did not reach the cache.',
    })
    metrics.gauge({
      name: 'koine_messaging_sends_in_progress',
      help: 'Sends accepted and not answered yet.',
      collect: sendsInProgress,
    })
  }

  committed(sends: number, elapsedMs: number): void {
    this.#committed.inc(sends)
    this.#sendsPerCommit.observe(sends)
    this.#commitSeconds.observe(elapsedMs / 1000)
  }

  duplicate(): void {
    this.#duplicates.inc()
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code })
  }

  retried(reason: 'conflict' | 'failure'): void {
    this.#commitRetries.inc({ reason })
  }

  undelivered(): void {
    this.#undelivered.inc()
  }
}
