import type { Clock, Logger, TenantId, Timer } from '@koine/base'
import type { ScrubReport } from './scrub.ts'

export interface ScrubScheduleOptions {
  /** Between two passes over all tenants; 0: none. */
  readonly everyMs: number
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
  readonly tenants: () => AsyncIterable<TenantId>
  readonly scrub: (tenant: TenantId) => Promise<ScrubReport | undefined>
}

/** No timer runs for longer. */
const timerMsMax = 2 ** 31 - 1

/** Scrubs all tenants' logs now and then, one at a time. */
export class ScrubSchedule implements AsyncDisposable {
  readonly #options: ScrubScheduleOptions
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(options: ScrubScheduleOptions) {
    this.#options = options
    this.#arm()
  }

  /** Begins nothing more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#running
  }

  #arm(): void {
    const { everyMs, clock } = this.#options
    if (this.#closed || everyMs === 0) return
    this.#timer = clock.after(Math.min(everyMs, timerMsMax), () => {
      this.#running = this.#pass().finally(() => this.#arm())
    })
  }

  async #pass(): Promise<void> {
    const { tenants, scrub, logger } = this.#options
    try {
      for await (const tenant of tenants()) {
        if (this.#closed) return
        await this.#scrub(tenant, scrub)
      }
    } catch (error) {
      logger.warn({ err: error }, 'The tenants whose logs are to be scrubbed could not be listed')
    }
  }

  async #scrub(tenant: TenantId, scrub: ScrubScheduleOptions['scrub']): Promise<void> {
    const { logger } = this.#options
    try {
      const report = await scrub(tenant)
      if (report && (report.orphans > 0 || report.repaired > 0 || report.lost.length > 0)) {
        logger.warn({ tenant, ...report }, 'A log was scrubbed, and not all was well')
      }
    } catch (error) {
      if (!this.#closed) logger.warn({ err: error, tenant }, 'A log could not be scrubbed')
    }
  }
}
