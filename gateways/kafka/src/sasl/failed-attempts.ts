import { type Clock, sleep } from '@koine/base'

export interface FailedAttemptsLimits {
  /** How long the answer to a failed authentication is held back. */
  readonly failedAuthenticationDelayMs: number
  /** Failed authentications that an address has at once before its next ones wait. */
  readonly failedAuthenticationsBurst: number
  /** One more failure is forgiven in each such time. */
  readonly failedAuthenticationForgivenMs: number
  /** Addresses that are remembered; beyond, the one longest without a failure is forgotten. */
  readonly failingAddressesMax: number
  /** Authentications of one address that wait; further ones are refused. */
  readonly waitingAuthenticationsMax: number
}

interface Failing {
  /** When all its failures are forgiven. */
  clearAtMs: number
  waiting: number
  turn: Promise<void>
}

/**
 * Keeps an address from guessing fast. Its first failures cost it only a moment each; beyond, its authentications are
 * checked one after another, each when a failure has been forgiven.
 */
export class FailedAttempts {
  readonly #clock: Clock
  readonly #limits: FailedAttemptsLimits
  readonly #failing = new Map<string, Failing>()

  constructor(clock: Clock, limits: FailedAttemptsLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#failing.size
  }

  /** Resolves when the address may try; false: too many of its attempts wait already, or the signal came. */
  async mayTry(address: string, signal: AbortSignal): Promise<boolean> {
    const failing = this.#failing.get(networkOf(address))
    if (!failing || this.#waitMs(failing) === 0) return true
    if (failing.waiting >= this.#limits.waitingAuthenticationsMax) return false
    failing.waiting++
    const mine = failing.turn.then(() => this.#forgiven(failing, signal))
    failing.turn = mine
    await mine
    failing.waiting--
    return !signal.aborted
  }

  /** Notes a failure; resolves when it may be answered. */
  async failed(address: string, signal: AbortSignal): Promise<void> {
    this.#note(networkOf(address))
    await asleep(this.#clock, this.#limits.failedAuthenticationDelayMs, signal)
  }

  #note(network: string): void {
    const now = this.#clock.monotonic()
    const failing = this.#failing.get(network) ?? { clearAtMs: now, waiting: 0, turn: Promise.resolve() }
    failing.clearAtMs = Math.max(failing.clearAtMs, now) + this.#limits.failedAuthenticationForgivenMs
    this.#failing.delete(network)
    this.#failing.set(network, failing)
    // The longest without a failure come first: those that are all forgiven go, and one more when there are too many.
    for (const [other, { clearAtMs, waiting }] of this.#failing) {
      if (this.#failing.size <= this.#limits.failingAddressesMax && (clearAtMs > now || waiting > 0)) return
      this.#failing.delete(other)
    }
  }

  #waitMs({ clearAtMs }: Failing): number {
    const { failedAuthenticationsBurst, failedAuthenticationForgivenMs } = this.#limits
    return Math.max(
      0,
      clearAtMs - this.#clock.monotonic() - failedAuthenticationsBurst * failedAuthenticationForgivenMs,
    )
  }

  async #forgiven(failing: Failing, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#waitMs(failing) > 0) await asleep(this.#clock, this.#waitMs(failing), signal)
    // Paid for before it is known how it ends: those behind it in the line would otherwise be let in together with it.
    if (!signal.aborted) failing.clearAtMs += this.#limits.failedAuthenticationForgivenMs
  }
}

/** Who has one address of IPv6 has the others of its /64 as well. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = address.includes('::') ? [...groups, ...Array<string>(Math.max(0, missing)).fill('0')] : groups
  return whole.slice(0, 4).join(':')
}

const asleep = (clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> =>
  sleep(clock, delayMs, signal).catch(() => {}) // The signal came: the caller looks at it.
