import type { Clock, Timer } from '@koine/base'
import type { KafkaGatewayLimits } from '../limits.ts'

type WatchdogLimits = Pick<KafkaGatewayLimits, 'authenticationTimeoutMs' | 'idleTimeoutMs'>

type Bark = 'authentication' | 'idle' | 'expired'

const barks: { readonly [bark in Bark]: string } = {
  authentication: 'it did not authenticate in time',
  idle: 'it was silent for too long',
  expired: 'its credential has expired',
}

/** Ends connections that don't authenticate in time, those that say nothing for long, and those whose credential ends. */
export class Watchdog {
  readonly #clock: Clock
  readonly #limits: WatchdogLimits
  readonly #bark: (reason: Bark) => void
  #heardAtMs: number
  #expiresAtMs = Infinity
  #timer: Timer

  constructor(clock: Clock, limits: WatchdogLimits, bark: (reason: Bark, why: string) => void) {
    this.#clock = clock
    this.#limits = limits
    this.#bark = (reason) => bark(reason, barks[reason])
    this.#heardAtMs = clock.monotonic()
    this.#timer = clock.after(limits.authenticationTimeoutMs, () => this.#bark('authentication'))
  }

  heard(): void {
    this.#heardAtMs = this.#clock.monotonic()
  }

  /** @param expiresAtMs wall time at which the credential ends; Infinity for none */
  authenticated(expiresAtMs: number): void {
    this.#timer.cancel()
    this.#expiresAtMs = this.#clock.monotonic() + (expiresAtMs - this.#clock.now())
    this.#watch()
  }

  stop(): void {
    this.#timer.cancel()
  }

  /** The timer isn't moved with each sign of life: when it fires it looks how long ago the last one was. */
  #watch(): void {
    const now = this.#clock.monotonic()
    const idleLeftMs = this.#limits.idleTimeoutMs - (now - this.#heardAtMs)
    const leftMs = this.#expiresAtMs - now
    if (leftMs <= 0) return this.#bark('expired')
    if (idleLeftMs <= 0) return this.#bark('idle')
    this.#timer = this.#clock.after(Math.min(idleLeftMs, leftMs), () => this.#watch())
  }
}
