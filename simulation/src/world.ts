import {
  KoineError,
  type Randomness,
  seededRandomness,
  type TenantId,
  tenantIds,
  type UserId,
  userIds,
  wholeNumber,
} from '@koine/base'
import { scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { Ledger } from './ledger.ts'
import { type Sabotage, Server } from './server.ts'
import { type FaultProfile, randomProfile, SeededFaults } from './seeded-faults.ts'
import { Trace } from './trace.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface SimulatedTenant {
  readonly id: TenantId
  /** In every text of this tenant and in no other's. */
  readonly marker: string
  readonly users: readonly UserId[]
}

const retryable = new Set(['timeout', 'unavailable', 'conflict', 'overloaded'])
const tenantNames = ['acme', 'globex']
const usersPerTenant = 3
/** The last one also relays events: a relay has its tenants to itself. */
const serverNames = ['n1', 'n2', 'relay']

/** Two tenants on a few processes over stores that survive them. Everything that happens follows from the seed. */
export class World {
  readonly seed: number
  readonly clock = new VirtualClock()
  readonly trace = new Trace(this.clock)
  readonly ledger = new Ledger(this.trace)
  readonly profile: FaultProfile
  readonly faults: SeededFaults
  readonly tenants: readonly SimulatedTenant[]
  crashes = 0
  readonly #stores: Stores
  readonly #scopes = new Map<TenantId, TenantScope>()
  readonly #ids: Randomness
  readonly #servers = new Map<string, Server>()

  constructor(seed: number, sabotage: Sabotage = (scope) => scope) {
    this.seed = seed
    this.profile = randomProfile(this.chance(1))
    this.faults = new SeededFaults({ randomness: this.chance(2), clock: this.clock, profile: this.profile })
    this.#ids = this.chance(3)
    this.#stores = memoryStores({ clock: this.clock, randomness: this.#ids, faults: this.faults })
    const source = { clock: this.clock, randomness: this.#ids }
    this.tenants = tenantNames.map((marker) => ({
      id: tenantIds.make(source),
      marker,
      users: Array.from({ length: usersPerTenant }, () => userIds.make(source)),
    }))
    for (const { id } of this.tenants) this.#scopes.set(id, sabotage(scopeTo(this.#stores, id)))
    for (const name of serverNames) this.start(name)
  }

  /** A source of chance of its own for each purpose, so that one more draw here changes nothing there. */
  chance(purpose: number): Randomness {
    return seededRandomness(Math.imul(this.seed + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b))
  }

  /** The stores themselves, past every process, for those who check. */
  scope(tenant: TenantId): TenantScope {
    return this.#scopes.get(tenant)!
  }

  start(name: string): void {
    this.trace.note(`${name} starts`)
    const server = new Server({
      name,
      clock: this.clock,
      randomness: this.#ids,
      tenants: this.#scopes,
      usersExist: async (scope, ids) => {
        const { users } = this.tenants.find(({ id }) => id === scope.tenantId)!
        return ids.map((id) => users.includes(id))
      },
      relays: name === 'relay',
    })
    this.#servers.set(name, server)
  }

  crash(name: string): void {
    this.trace.note(`${name} crashes`)
    this.crashes++
    this.#servers.get(name)!.life.end()
  }

  server(name: string): Server {
    return this.#servers.get(name)!
  }

  /** Some process that clients can reach; it may be down. */
  anyServer(randomness: Randomness): Server {
    return this.server(serverNames[wholeNumber(randomness, serverNames.length)]!)
  }

  serverNames(): readonly string[] {
    return serverNames
  }

  /** A client's call failed: fine with these codes, and a violation with any other. */
  expected(who: string, thrown: unknown): void {
    const what = thrown instanceof KoineError ? thrown.code : String(thrown)
    if (thrown instanceof KoineError && retryable.has(thrown.code)) this.trace.note(`${who} is told ${what}`)
    else this.trace.violation(`${who} is told ${what}: ${thrown instanceof Error ? thrown.stack : ''}`)
  }

  /** The cache forgets everything, subscriptions included. */
  async wipeCache(tenant: TenantId): Promise<void> {
    this.trace.note('the cache is wiped')
    await this.#stores.cache.dropTenant(tenant)
  }
}
