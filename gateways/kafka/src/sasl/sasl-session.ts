import { type Clock, KoineError, type Randomness } from '@koine/base'
import { errorCodes, ProtocolError } from '@koine/protocols-kafka'
import type { HeldAccess } from '@koine/services-streams'
import { scramMechanisms } from '@koine/services-tenancy'
import type { FailedAttempts } from './failed-attempts.ts'
import type { Principal } from './principal.ts'
import type { SaslCredentials } from './sasl-credentials.ts'
import { type SaslExchange, SaslRefusal, type SaslStep } from './sasl-outcome.ts'
import { PlainExchange } from './sasl-plain.ts'
import { ScramExchange } from './sasl-scram.ts'

export const saslMechanisms = ['PLAIN', ...scramMechanisms] as const
type SaslMechanism = (typeof saslMechanisms)[number]

export type SaslOutcome =
  | { readonly ok: true; readonly token: Uint8Array; readonly sessionLifetimeMs: number }
  | { readonly ok: false; readonly errorCode: number; readonly message: string }

export interface SaslParts {
  readonly credentials: SaslCredentials
  readonly attempts: FailedAttempts
  /** The client's address. */
  readonly address: string
  readonly clock: Clock
  readonly randomness: Randomness
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
  /** After so long a client must authenticate again; 0: never. */
  readonly reauthenticationMs: number
  /** Makes room for one more that is authenticated, and what it may do. @throws KoineError when there is none */
  readonly admit: (principal: Principal) => Promise<HeldAccess>
}

/** An end further off than this isn't told: clients count in nanoseconds. */
const toldLifetimeMsMax = 365 * 24 * 3600 * 1000

/**
 * Who a connection is, and how it comes to be: a handshake that names the mechanism, then its tokens. A connection that is
 * somebody may do it again, to go on for longer (KIP-368), as the same and in the same way.
 */
export class SaslSession {
  readonly #parts: SaslParts
  #phase: 'new' | 'expects-request' | 'expects-bare-token' | 'done' = 'new'
  #mechanism: SaslMechanism | undefined
  #exchange: SaslExchange | undefined
  #principal: Principal | undefined
  #access: HeldAccess | undefined
  /** On the monotonic clock. */
  #endsAtMs = Infinity
  #hasFailed = false
  #isDisposed = false

  constructor(parts: SaslParts) {
    this.#parts = parts
  }

  get principal(): Principal | undefined {
    return this.#principal
  }

  /** There with the principal, once the exchange is answered. */
  get access(): HeldAccess | undefined {
    return this.#access
  }

  /** The connection is to be closed once the refusal is sent. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** The next frame is a token without a request around it: what follows a handshake of version 0. */
  get expectsBareToken(): boolean {
    return this.#phase === 'expects-bare-token'
  }

  /** An exchange has begun and isn't done: nothing else may come in between. */
  get #isUnderWay(): boolean {
    return this.#phase === 'expects-request' || this.#phase === 'expects-bare-token'
  }

  /**
   * Whether the client should have authenticated again before it asks for this.
   * @throws ProtocolError amid an authentication
   */
  isOverFor(api: string): boolean {
    if (this.#isUnderWay) throw new ProtocolError(`${api} comes amid an authentication.`)
    return this.#parts.clock.monotonic() >= this.#endsAtMs
  }

  /** @returns an error code of the protocol */
  handshake(mechanism: string, version: number): number {
    const isAgain = this.#phase === 'done'
    if (this.#isUnderWay || (isAgain && version === 0)) return this.#fail(errorCodes.ILLEGAL_SASL_STATE)
    const known = saslMechanisms.find((each) => each === mechanism)
    if (known === undefined) return this.#fail(errorCodes.UNSUPPORTED_SASL_MECHANISM)
    if (isAgain && known !== this.#mechanism) return this.#fail(errorCodes.ILLEGAL_SASL_STATE)
    this.#mechanism = known
    this.#exchange = this.#exchangeOf(known)
    this.#phase = version === 0 ? 'expects-bare-token' : 'expects-request'
    return errorCodes.NONE
  }

  async authenticate(token: Uint8Array): Promise<SaslOutcome> {
    const { attempts, address, signal } = this.#parts
    const exchange = this.#exchange
    if (!exchange) return this.#refuse(errorCodes.ILLEGAL_SASL_STATE, 'A SASL handshake comes first.')
    if (!(await attempts.mayTry(address, signal))) {
      return this.#refuse(errorCodes.SASL_AUTHENTICATION_FAILED, 'Too many authentications from this address failed.')
    }
    try {
      const step = await exchange.step(token)
      if (!step.principal) return { ok: true, token: step.token, sessionLifetimeMs: 0 }
      return await this.#succeed(step)
    } catch (thrown) {
      const message = tellable(thrown)
      if (!isOurs(thrown)) await attempts.failed(address, signal)
      return this.#refuse(errorCodes.SASL_AUTHENTICATION_FAILED, message)
    }
  }

  /** Lets go of what the principal may do. */
  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#access?.[Symbol.dispose]()
  }

  #exchangeOf(mechanism: SaslMechanism): SaslExchange {
    const { credentials, randomness } = this.#parts
    if (mechanism === 'PLAIN') return new PlainExchange(credentials)
    return new ScramExchange(mechanism, { credentials, randomness })
  }

  async #succeed({ token, principal }: SaslStep & { principal: Principal }): Promise<SaslOutcome> {
    if (this.#principal && !isSame(this.#principal, principal)) {
      throw new SaslRefusal('A connection stays who it is when it authenticates again.')
    }
    // Before anything is waited for: a revocation from here on finds the connection.
    this.#principal = principal
    this.#access ??= await this.#parts.admit(principal)
    // The client left meanwhile, and nobody else will let go of it.
    if (this.#isDisposed) this.#access[Symbol.dispose]()
    this.#exchange = undefined
    this.#phase = 'done'
    return { ok: true, token, sessionLifetimeMs: this.#begin(principal) }
  }

  /** @returns how long the session lasts, as the client is told: 0 for as long as it likes */
  #begin({ expiresAtMs }: Principal): number {
    const { clock, reauthenticationMs } = this.#parts
    const lifetimeMs = Math.min(reauthenticationMs || Infinity, expiresAtMs - clock.now())
    this.#endsAtMs = clock.monotonic() + lifetimeMs
    return lifetimeMs > toldLifetimeMsMax ? 0 : Math.max(1, Math.floor(lifetimeMs))
  }

  #fail(code: number): number {
    this.#hasFailed = true
    return code
  }

  #refuse(errorCode: number, message: string): SaslOutcome {
    this.#hasFailed = true
    return { ok: false, errorCode, message }
  }
}

const isSame = (a: Principal, b: Principal): boolean =>
  a.scope.tenantId === b.scope.tenantId && a.names[0] === b.names[0]

/** For want of room, or of a store: nothing that speaks against who asks, or against others behind that address. */
const isOurs = (thrown: unknown): boolean => thrown instanceof KoineError && thrown.retryable

/** What a refusal says; whatever else was thrown goes on. */
function tellable(thrown: unknown): string {
  if (thrown instanceof SaslRefusal) return thrown.message
  if (thrown instanceof KoineError && thrown.code !== 'internal') return thrown.message
  throw thrown
}
