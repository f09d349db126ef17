import { type Clock, type Logger, type Metrics, type Randomness, sleep } from '@koine/base'
import { ProbeFailure, type ProbeStage } from './probe-failure.ts'
import { ProbeMetrics } from './probe-metrics.ts'
import type { FailedRound, ProbeChange, ProbeReport, ProbeState } from './probe-report.ts'
import { type ProbeTimes, runProbeRound } from './probe-round.ts'
import type { WireAddress } from './wire-client.ts'

export interface KafkaProbeOptions {
  readonly address: WireAddress
  readonly credential: { readonly id: string; readonly secret: string }
  /** Makes its place ready, before the first round; not waited for beyond a round's time. */
  readonly prepare: () => Promise<void>
  /** From the end of a round to the next. */
  readonly intervalMs: number
  /** A round that takes longer has failed. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
}

/** One failure may be chance, such as a round in the second of a pause. */
const failuresUntilFailing = 2
const changesMax = 20

/**
 * Writes a record and reads it back as any client would, over and over, and tells how that goes. It is the only one that
 * sees the listener as clients do: one that accepts connections and never answers, too.
 */
export class KafkaProbe implements AsyncDisposable {
  readonly #options: KafkaProbeOptions
  readonly #metrics: ProbeMetrics
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  readonly #changes: ProbeChange[] = []
  readonly #listeners = new Set<(change: ProbeChange) => void>()
  #state: ProbeState = 'starting'
  #reason = ''
  #sinceMs: number
  #times: ProbeReport['times']
  #lastFailure: FailedRound | undefined
  #rounds = 0
  #failures = 0
  #failuresInARow = 0
  #preparing: Promise<void> | undefined
  #hasTopic = false

  /** Begins at once. */
  constructor(options: KafkaProbeOptions) {
    this.#options = options
    this.#sinceMs = options.clock.now()
    this.#metrics = new ProbeMetrics(options.metrics, () => this.#state)
    this.#running = this.#run()
  }

  get state(): ProbeState {
    return this.#state
  }

  onChange(listener: (change: ProbeChange) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  describe(): ProbeReport {
    return {
      state: this.#state,
      reason: this.#reason,
      sinceMs: this.#sinceMs,
      rounds: this.#rounds,
      failures: this.#failures,
      times: this.#times,
      lastFailure: this.#lastFailure,
      changes: [...this.#changes],
    }
  }

  /** Gives up the round under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#running
    this.#listeners.clear()
  }

  async #run(): Promise<void> {
    const { clock, intervalMs } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#round()
      await sleep(clock, intervalMs, signal).catch(() => {}) // Disposed: the loop ends.
    }
  }

  async #round(): Promise<void> {
    const { address, credential, clock, randomness, timeoutMs } = this.#options
    const over = new AbortController()
    const deadline = clock.after(timeoutMs, () => over.abort())
    const signal = AbortSignal.any([over.signal, this.#closing.signal])
    let stage: ProbeStage = 'prepare'
    try {
      await this.#prepared(signal)
      const times = await runProbeRound({
        address,
        credential,
        clock,
        text: Buffer.from(randomness.fill(new Uint8Array(16))).toString('hex'),
        hasTopic: this.#hasTopic,
        signal,
        onStage: (next) => (stage = next),
      })
      this.#hasTopic = true
      this.#succeeded(times)
    } catch (thrown) {
      if (!this.#closing.signal.aborted) this.#failed(stage, asFailure(thrown))
    } finally {
      deadline.cancel()
    }
  }

  /** A disk that hangs must hang neither the probe nor its end. */
  #prepared(signal: AbortSignal): Promise<void> {
    this.#preparing ??= this.#options.prepare().catch((cause: unknown) => {
      this.#preparing = undefined
      throw new ProbeFailure('error', 'Its place could not be made.', { cause })
    })
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(new ProbeFailure('timeout', 'Its place was not made in time.'))
    signal.addEventListener('abort', abort, { once: true })
    return Promise.race([this.#preparing, aborted]).finally(() => signal.removeEventListener('abort', abort))
  }

  #succeeded(times: ProbeTimes): void {
    this.#rounds++
    this.#failuresInARow = 0
    this.#times = { ...times, atMs: this.#options.clock.now() }
    this.#metrics.succeeded(times)
    this.#become('ok', '')
  }

  #failed(stage: ProbeStage, failure: ProbeFailure): void {
    const { clock, logger } = this.#options
    const { reason, message } = failure
    this.#rounds++
    this.#failures++
    this.#failuresInARow++
    // The topic may be what is missing.
    this.#hasTopic = false
    this.#lastFailure = { stage, reason, message, atMs: clock.now() }
    this.#metrics.failed(stage, failure)
    logger.debug({ stage, reason, err: failure }, 'a round of the Kafka probe failed')
    if (this.#failuresInARow >= failuresUntilFailing) this.#become('failing', `${stage}: ${message}`)
  }

  #become(to: ProbeState, reason: string): void {
    const from = this.#state
    this.#reason = reason
    if (from === to) return
    const { clock, logger } = this.#options
    this.#state = to
    this.#sinceMs = clock.now()
    const change: ProbeChange = { from, to, reason, atMs: this.#sinceMs }
    this.#changes.unshift(change)
    this.#changes.length = Math.min(this.#changes.length, changesMax)
    if (to === 'failing') logger.error({ from, to, reason }, 'Kafka clients are not served: the probe fails')
    else if (from === 'failing') logger.info({ from, to }, 'Kafka clients are served again')
    for (const listener of this.#listeners) listener(change)
  }
}

/** What isn't a failure of the probe's is one of its own making, and told as such. */
const asFailure = (thrown: unknown): ProbeFailure =>
  thrown instanceof ProbeFailure ? thrown : new ProbeFailure('wrong', String(thrown), { cause: thrown })
