import type { Clock, Randomness } from '@koine/base'
import type { HeldAccess, Streams, TenantThrottle } from '@koine/services-streams'
import type { Admissions } from './admissions.ts'
import type { ClientFacts } from './client-facts.ts'
import type { FailedAttempts } from '../sasl/failed-attempts.ts'
import { type Principal, userName } from '../sasl/principal.ts'
import { type CredentialSource, SaslCredentials } from '../sasl/sasl-credentials.ts'
import { SaslSession } from '../sasl/sasl-session.ts'
import type { WorkShare } from './work-budget.ts'

export interface IdentityParts {
  readonly tenancy: CredentialSource
  readonly streams: Streams
  readonly clock: Clock
  readonly randomness: Randomness
  /** After so long a client must authenticate again; 0: never. */
  readonly reauthenticationMs: number
  readonly attempts: FailedAttempts
  readonly admissions: Admissions
}

interface IdentityOptions {
  readonly share: WorkShare
  readonly signal: AbortSignal
  /** Whose the connection has become, and for how long it isn't served yet. */
  readonly onAdmitted: (tenant: TenantThrottle, admitted: { readonly user: string; readonly waitMs: number }) => void
}

interface Identity {
  readonly principal: Principal
  readonly access: HeldAccess
}

/** Who is at the other end of a connection, and what they may do: nobody at first, somebody by SASL or by being anonymous. */
export class ClientIdentity implements Disposable {
  readonly sasl: SaslSession
  readonly #client: ClientFacts
  readonly #parts: IdentityParts
  readonly #options: IdentityOptions
  #anonymous: Identity | undefined

  constructor(client: ClientFacts, parts: IdentityParts, options: IdentityOptions) {
    this.#client = client
    this.#parts = parts
    this.#options = options
    const { tenancy, streams, attempts, clock, randomness, reauthenticationMs } = parts
    this.sasl = new SaslSession({
      credentials: new SaslCredentials(tenancy, streams.users, client.tenantId),
      attempts,
      address: client.address,
      clock,
      randomness,
      signal: options.signal,
      reauthenticationMs,
      admit: (principal) => this.#admit(principal),
    })
  }

  /** There as soon as it is known; requests are for `current`. */
  get principal(): Principal | undefined {
    return this.sasl.principal ?? this.#anonymous?.principal
  }

  get current(): Identity | undefined {
    const { principal, access } = this.sasl
    return principal && access ? { principal, access } : this.#anonymous
  }

  /** Until the client authenticates. @throws KoineError when there is no room for one more */
  async beAnonymous(principal: Principal): Promise<void> {
    this.#anonymous = { principal, access: await this.#admit(principal) }
  }

  [Symbol.dispose](): void {
    this.sasl[Symbol.dispose]()
    this.#anonymous?.access[Symbol.dispose]()
  }

  async #admit({ scope, names, isAdmin }: Principal): Promise<HeldAccess> {
    const { admissions, streams, clock } = this.#parts
    const { share, onAdmitted } = this.#options
    const { address } = this.#client
    using places = new DisposableStack()
    places.use(admissions.admit(scope.tenantId))
    const tenant = await streams.throttling.of(scope)
    const { waitMs } = places.use(tenant.connect(address, clock.monotonic()))
    const access = places.use(await streams.access.open(scope, { principals: names, host: address, isAdmin }))
    share.belongTo(scope.tenantId)
    onAdmitted(tenant, { user: userName(names[0]), waitMs })
    const held = places.move()
    return { ...access, [Symbol.dispose]: () => held.dispose() }
  }
}
