import type { Clock } from '@koine/base'
import {
  type ClientThrottle,
  type RequestCharges,
  type TenantThrottle,
  throttleMsMax,
  type Throttling,
} from '@koine/services-streams'
import { Mute } from './mute.ts'
import type { Inbound } from './inbound.ts'

interface PaceOptions {
  readonly throttling: Throttling
  readonly clock: Clock
  readonly inbound: Inbound
}

/** Holds a connection to the quotas of its tenant, and to those that the tenant grants its clients. */
export class Pace {
  readonly mute: Mute
  readonly #options: PaceOptions
  #tenant: TenantThrottle | undefined
  #user = ''
  #clientId = ''
  #client: ClientThrottle | undefined
  #version = -1
  #released: Disposable | undefined

  constructor(options: PaceOptions) {
    this.#options = options
    this.mute = new Mute({ clock: options.clock, onChange: (isOn) => this.#muted(isOn) })
  }

  /** @param admitted.user as the tenant's quotas name it */
  belongTo(tenant: TenantThrottle, admitted: { readonly user: string; readonly waitMs: number }): void {
    this.#tenant = tenant
    this.#user = admitted.user
    this.#client = undefined
    this.mute.begin(Math.min(throttleMsMax, admitted.waitMs))
  }

  /**
   * For one request that is there; undefined while the connection is nobody's.
   * @param readMs what it took to read it
   */
  charge(clientId: string, readMs: number): RequestCharges | undefined {
    const { throttling } = this.#options
    if (!this.#tenant) return undefined
    const charges = throttling.charges(this.#tenant, this.#clientOf(this.#tenant, clientId))
    charges.request(readMs)
    return charges
  }

  /** Charges the thread's time up to where `work` first waits; what is known by then already mutes. */
  timed<T>(charges: RequestCharges | undefined, work: () => T): T {
    if (!charges) return work()
    const { clock } = this.#options
    const startedMs = clock.monotonic()
    const outcome = work()
    charges.worked(clock.monotonic() - startedMs)
    this.mute.begin(charges.throttleMs)
    return outcome
  }

  /** To be called once the request is done. @returns what the client is told */
  settle(charges: RequestCharges | undefined): number {
    const throttleMs = charges?.settle() ?? 0
    this.mute.begin(throttleMs)
    return throttleMs
  }

  /** Clients seldom change their names. */
  #clientOf({ clients }: TenantThrottle, clientId: string): ClientThrottle {
    if (!this.#client || clientId !== this.#clientId || clients.version !== this.#version) {
      this.#client = clients.of({ user: this.#user, clientId }, this.#options.clock.monotonic())
      this.#clientId = clientId
      this.#version = clients.version
    }
    return this.#client
  }

  #muted(isOn: boolean): void {
    this.#options.inbound.isMuted = isOn
    this.#released?.[Symbol.dispose]()
    // New quotas are new luck.
    this.#released = isOn ? this.#tenant?.whileWaiting(() => this.mute.lift()) : undefined
  }
}
