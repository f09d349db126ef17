import type { Clock, Timer } from '@koine/base'
import type { KafkaGatewayLimits } from './limits.ts'

type WatchdogLimits = Pick<KafkaGatewayLimits, 'authenticationTimeoutMs' | 'idleTimeoutMs'>

/** Ends connections that don't authenticate in time, and those that say nothing for long. */
export class Watchdog {
  readonly #clock: Clock
  readonly #limits: WatchdogLimits
  readonly #bark: (reason: 'authentication' | 'idle') => void
  #heardAtMs: number
  #timer: Timer

  constructor(clock: Clock, limits: WatchdogLimits, bark: (reason: 'authentication' | 'idle') => void) {
    this.#clock = clock
    this.#limits = limits
    this.#bark = bark
    this.#heardAtMs = clock.monotonic()
    this.#timer = clock.after(limits.authenticationTimeoutMs, () => bark('authentication'))
  }

  heard(): void {
    this.#heardAtMs = this.#clock.monotonic()
  }

  authenticated(): void {
    this.#timer.cancel()
    this.#watchIdleness()
  }

  stop(): void {
    this.#timer.cancel()
  }

  /** The timer isn't moved with each sign of life: when it fires it looks how long ago the last one was. */
  #watchIdleness(): void {
    const leftMs = this.#limits.idleTimeoutMs - (this.#clock.monotonic() - this.#heardAtMs)
    if (leftMs <= 0) return this.#bark('idle')
    this.#timer = this.#clock.after(leftMs, () => this.#watchIdleness())
  }
}
