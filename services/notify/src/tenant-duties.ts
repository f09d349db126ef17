import { type Clock, type Logger, sleep } from '@koine/base'
import { EventLog, type TenantScope } from '@koine/stores-ports'

interface DutiesOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Resolves once what follows from the event is durable. */
  readonly onEvent: (scope: TenantScope, body: string) => Promise<void>
  readonly sweep: (scope: TenantScope, signal: AbortSignal) => Promise<unknown>
}

/** What notify reads of each tenant's log, and as whom. */
const topics = ['koine.messages']
const group = 'koine.notify'
const sweepEveryMs = 3_600_000
const retry = { firstMs: 500, maxMs: 30_000 } as const

/** What is done for one tenant for as long as it is there: its events are followed, and its lanes looked after. */
export class TenantDuties implements AsyncDisposable {
  readonly #o: DutiesOptions
  readonly #scope: TenantScope
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>

  constructor(scope: TenantScope, options: DutiesOptions) {
    this.#o = options
    this.#scope = scope
    this.#running = Promise.all([
      this.#repeat('following events', 0, (signal) => this.#follow(signal)),
      this.#repeat('sweeping lanes', sweepEveryMs, (signal) => options.sweep(scope, signal)),
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The tenant is let go.'))
    await this.#running
  }

  #follow(signal: AbortSignal): Promise<void> {
    const events = new EventLog(this.#scope.log, this.#o)
    const handle = async ({ value }: { value: Uint8Array | null }): Promise<void> => {
      if (value) await this.#o.onEvent(this.#scope, Buffer.from(value).toString('utf8'))
    }
    return events.subscribe(group, topics, handle, { signal })
  }

  /** Until stopped: again after `restMs`, and after a failure a while later, each time longer. */
  async #repeat(what: string, restMs: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { clock, logger } = this.#o
    const { signal } = this.#stop
    let failures = 0
    while (!signal.aborted) {
      let waitMs = restMs
      try {
        await work(signal)
        failures = 0
      } catch (error) {
        waitMs = Math.min(retry.maxMs, retry.firstMs * 2 ** failures++)
        if (!signal.aborted) logger.warn({ err: error, tenantId: this.#scope.tenantId }, `${what} failed; trying again`)
      }
      await sleep(clock, waitMs, signal).catch(() => {}) // Aborted: the loop sees it.
    }
  }
}
