import { type Clock, KoineError, Metrics, type Randomness, silentLogger, type TenantId } from '@koine/base'
import { Messaging, type UsersExist } from '@koine/services-messaging'
import { OutboxRelay, type TenantScope } from '@koine/stores-ports'
import { Lifeline } from './lifeline.ts'

/** A test's way of breaking a piece: a process then gets these stores instead of the true ones. */
export type Sabotage = (scope: TenantScope) => TenantScope

export interface ServerOptions {
  readonly name: string
  readonly clock: Clock
  readonly randomness: Randomness
  readonly tenants: ReadonlyMap<TenantId, TenantScope>
  readonly usersExist: UsersExist
  readonly relays: boolean
}

/** How long a client waits for an answer. */
const patienceMs = 30_000

/** One simulated process: messaging over its own hold on the stores, and the relay and the telling of users when that is its role. */
export class Server {
  readonly name: string
  readonly life = new Lifeline()
  readonly #messaging: Messaging
  readonly #scopes = new Map<TenantId, TenantScope>()
  readonly #outsideClock: Clock

  constructor({ name, clock, randomness, tenants, usersExist, relays }: ServerOptions) {
    const metrics = new Metrics()
    const own = { clock: this.life.clock(clock), randomness, logger: silentLogger, metrics }
    this.name = name
    this.#outsideClock = clock
    for (const [id, scope] of tenants) this.#scopes.set(id, tied(scope, this.life))
    this.#messaging = new Messaging({ ...own, usersExist })
    if (!relays) return
    const relay = new OutboxRelay({ ...own, scope: (tenant) => this.#scope(tenant) })
    for (const tenant of tenants.keys()) {
      relay.add(tenant)
      this.#messaging.fanOut.add(this.#scope(tenant))
    }
  }

  /** A client's call: fails with `unavailable` when the process dies under it, like a connection that is reset. */
  call<T>(tenant: TenantId, ask: (messaging: Messaging, scope: TenantScope) => Promise<T>): Promise<T> {
    if (!this.life.alive) return Promise.reject(reset())
    return new Promise<T>((resolve, reject) => {
      const timer = this.#outsideClock.after(patienceMs, () => reject(new Error('a call was never answered')))
      const forget = this.life.onEnd(() => {
        timer.cancel()
        reject(reset())
      })
      const settle = (): void => {
        timer.cancel()
        forget()
      }
      ask(this.#messaging, this.#scope(tenant)).finally(settle).then(resolve, reject)
    })
  }

  #scope(tenant: TenantId): TenantScope {
    return this.#scopes.get(tenant)!
  }
}

const reset = (): KoineError => new KoineError('unavailable', 'The connection was reset (simulated).')

const tied = (scope: TenantScope, life: Lifeline): TenantScope => ({
  tenantId: scope.tenantId,
  tables: life.tie(scope.tables),
  log: life.tie(scope.log),
  cache: life.tie(scope.cache),
  blobs: life.tie(scope.blobs),
  queue: life.tie(scope.queue),
})
