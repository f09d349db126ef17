import type { Clock, Logger, TenantId, Timer } from '@koine/base'
import type { TierMetrics } from './tier-metrics.ts'
import type { TieringSettings } from './tiering-settings.ts'

export interface TieringLaneOptions {
  readonly settings: TieringSettings
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly logger: Logger
  readonly metrics: TierMetrics
  /** Does some of what is due of a tenant, and returns when there is more. */
  readonly step: (tenant: TenantId) => Promise<number | undefined>
}

interface Waiting {
  dueAtMs: number
  failures: number
}

/** At most so long does a timer run: further off, it is set again. */
const timerMsMax = 3_600_000

/** Moves tenants' segments, one segment of the whole process at a time, beside everything else. */
export class TieringLane implements AsyncDisposable {
  readonly #options: TieringLaneOptions
  readonly #waiting = new Map<TenantId, Waiting>()
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #disposed = false

  constructor(options: TieringLaneOptions) {
    this.#options = options
  }

  /** A tenant has something to do at this time at the latest. One that failed waits for its next attempt all the same. */
  wake(tenant: TenantId, atMs: number): void {
    const waiting = this.#waiting.get(tenant) ?? { dueAtMs: Infinity, failures: 0 }
    this.#waiting.set(tenant, waiting)
    if (waiting.failures === 0) waiting.dueAtMs = Math.min(waiting.dueAtMs, atMs)
    this.#arm()
  }

  forget(tenant: TenantId): void {
    this.#waiting.delete(tenant)
  }

  /** Begins no further step. */
  close(): void {
    this.#disposed = true
    this.#timer?.cancel()
  }

  /** Waits for the step that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#running
  }

  #arm(): void {
    this.#timer?.cancel()
    if (this.#disposed || this.#running || this.#waiting.size === 0) return
    const { clock } = this.#options
    let next = Infinity
    for (const { dueAtMs } of this.#waiting.values()) next = Math.min(next, dueAtMs)
    const delayMs = Math.min(timerMsMax, Math.max(0, next - clock.now()))
    this.#timer = clock.after(delayMs, () => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined
        this.#arm()
      })
    })
  }

  /** What is due by now, those first that are due for longest. */
  async #run(): Promise<void> {
    const now = this.#options.clock.now()
    const due = [...this.#waiting].filter(([, { dueAtMs }]) => dueAtMs <= now)
    due.sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs)
    for (const [tenant, waiting] of due) {
      if (this.#disposed) return
      if (this.#waiting.get(tenant) === waiting) await this.#step(tenant, waiting)
    }
  }

  async #step(tenant: TenantId, waiting: Waiting): Promise<void> {
    const { step, settings, clock, logger, metrics } = this.#options
    waiting.dueAtMs = Infinity
    try {
      const next = await step(tenant)
      waiting.failures = 0
      waiting.dueAtMs = Math.min(waiting.dueAtMs, next ?? Infinity)
      if (waiting.dueAtMs === Infinity) this.#waiting.delete(tenant)
    } catch (error) {
      if (this.#disposed) return
      metrics.failed('move')
      const retryMs = Math.min(settings.retryMsMax, settings.retryMs * 2 ** waiting.failures++)
      waiting.dueAtMs = clock.now() + retryMs
      const what = 'Segments of the log could not be moved to the blob store; they stay on the local disk meanwhile'
      logger.warn({ err: error, tenant, retryMs }, what)
    }
  }
}
