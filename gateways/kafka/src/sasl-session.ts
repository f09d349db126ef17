import { KoineError } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import type { ApiKeyPrincipal, Tenancy } from '@koine/services-tenancy'

export const saslMechanisms = ['PLAIN'] as const

export type SaslOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorCode: number; readonly message: string }

/** Who a connection is, and how it comes to be: a handshake that names the mechanism, then one token (RFC 4616). */
export class SaslSession {
  readonly #tenancy: Pick<Tenancy, 'authenticateKey'>
  #phase: 'new' | 'expects-request' | 'expects-bare-token' | 'done' = 'new'
  #principal: ApiKeyPrincipal | undefined
  #hasFailed = false

  constructor(tenancy: Pick<Tenancy, 'authenticateKey'>) {
    this.#tenancy = tenancy
  }

  get principal(): ApiKeyPrincipal | undefined {
    return this.#principal
  }

  /** The connection is to be closed once the refusal is sent. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** The next frame is a token without a request around it: what follows a handshake of version 0. */
  get expectsBareToken(): boolean {
    return this.#phase === 'expects-bare-token'
  }

  /** @returns an error code of the protocol */
  handshake(mechanism: string, version: number): number {
    if (this.#phase !== 'new') return this.#fail(errorCodes.ILLEGAL_SASL_STATE)
    if (!saslMechanisms.some((each) => each === mechanism)) return this.#fail(errorCodes.UNSUPPORTED_SASL_MECHANISM)
    this.#phase = version === 0 ? 'expects-bare-token' : 'expects-request'
    return errorCodes.NONE
  }

  async authenticate(token: Uint8Array): Promise<SaslOutcome> {
    if (this.#phase !== 'expects-request' && this.#phase !== 'expects-bare-token') {
      return this.#refuse(errorCodes.ILLEGAL_SASL_STATE, 'A SASL handshake comes first.')
    }
    const [authorization = '', id = '', secret = '', ...more] = Buffer.from(token).toString('utf8').split('\u0000')
    if (more.length > 0 || id === '' || secret === '' || (authorization !== '' && authorization !== id)) {
      return this.#refuse(errorCodes.SASL_AUTHENTICATION_FAILED, 'The SASL/PLAIN token is malformed.')
    }
    try {
      this.#principal = await this.#tenancy.authenticateKey(id, secret)
    } catch (thrown) {
      if (!(thrown instanceof KoineError) || thrown.code === 'internal') throw thrown
      return this.#refuse(errorCodes.SASL_AUTHENTICATION_FAILED, thrown.message)
    }
    this.#phase = 'done'
    return { ok: true }
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
