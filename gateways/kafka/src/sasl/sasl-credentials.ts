import { createHmac } from 'node:crypto'
import { type ApiKeyId, apiKeyIds, KoineError, type TenantId, tenantIds } from '@koine/base'
import type { ScramUsers } from '@koine/services-streams'
import {
  type ScramCredential,
  scramHash,
  scramIterationsMin,
  type ScramMechanism,
  type Tenancy,
} from '@koine/services-tenancy'
import { keyPrincipal, type Principal, userPrincipal } from './principal.ts'
import { badCredential, SaslRefusal } from './sasl-outcome.ts'

export type CredentialSource = Pick<
  Tenancy,
  'authenticateKey' | 'authenticateKnownKey' | 'keyScram' | 'credentialScope' | 'scramSeed'
>

/** What a SCRAM client has to prove that it knows, and who it is once it has. */
export interface ScramLogin {
  readonly credential: ScramCredential
  /** @throws KoineError when there is nobody of that name, or no longer */
  readonly principal: () => Promise<Principal>
}

/**
 * From names and secrets to principals. Over TLS a client may say which tenant it wants by the host name: then another
 * tenant's credentials are as unknown as any.
 */
export class SaslCredentials {
  readonly #tenancy: CredentialSource
  readonly #users: ScramUsers
  readonly #wanted: TenantId | undefined

  constructor(tenancy: CredentialSource, users: ScramUsers, wanted: TenantId | undefined) {
    this.#tenancy = tenancy
    this.#users = users
    this.#wanted = wanted
  }

  async byPassword(id: string, secret: string): Promise<Principal> {
    return this.#ofWantedTenant(keyPrincipal(await this.#tenancy.authenticateKey(id, secret)))
  }

  /** An unknown name gets a login as well, which no proof opens, so that it can't be told from a wrong password. */
  async byProof(name: string, mechanism: ScramMechanism): Promise<ScramLogin> {
    const keyId = apiKeyIds.parse(name)
    const login = keyId ? await this.#keyLogin(keyId, mechanism) : await this.#userLogin(name, mechanism)
    return (
      login ?? { credential: await this.#madeUp(name, mechanism), principal: () => Promise.reject(badCredential()) }
    )
  }

  #ofWantedTenant(principal: Principal): Principal {
    if (this.#wanted !== undefined && principal.scope.tenantId !== this.#wanted) throw badCredential()
    return principal
  }

  async #keyLogin(keyId: ApiKeyId, mechanism: ScramMechanism): Promise<ScramLogin | undefined> {
    const key = await this.#tenancy.keyScram(keyId)
    if (!key || (this.#wanted !== undefined && key.tenantId !== this.#wanted)) return undefined
    if (!key.scram) {
      throw new SaslRefusal('This API key is from before there was SCRAM: use SASL/PLAIN, or make another key.')
    }
    return {
      credential: key.scram[mechanism],
      principal: async () => keyPrincipal(await this.#tenancy.authenticateKnownKey(keyId)),
    }
  }

  async #userLogin(text: string, mechanism: ScramMechanism): Promise<ScramLogin | undefined> {
    const { name, tenantId } = this.#tenantAndName(text)
    if (tenantId === undefined) return undefined
    try {
      const user = await this.#users.find(await this.#tenancy.credentialScope(tenantId), name)
      const credential = user?.credentials[mechanism]
      return (
        credential && {
          credential,
          principal: async () => userPrincipal(await this.#tenancy.credentialScope(tenantId), name),
        }
      )
    } catch (thrown) {
      // Whether there is such a tenant, or what became of it, is nothing to tell somebody who hasn't proven anything.
      if (thrown instanceof KoineError && !thrown.retryable && thrown.code !== 'internal') return undefined
      throw thrown
    }
  }

  /** `name@tenant`, or the name alone where the tenant is known. */
  #tenantAndName(text: string): { name: string; tenantId: TenantId | undefined } {
    const at = text.lastIndexOf('@')
    const named = tenantIds.parse(text.slice(at + 1))
    if (at < 0 || !named) return { name: text, tenantId: this.#wanted }
    const isAnothers = this.#wanted !== undefined && this.#wanted !== named
    return { name: text.slice(0, at), tenantId: isAnothers ? undefined : named }
  }

  async #madeUp(name: string, mechanism: ScramMechanism): Promise<ScramCredential> {
    const seed = await this.#tenancy.scramSeed()
    const drawn = (what: string): Uint8Array =>
      createHmac('sha512', seed).update(`${what}\n${mechanism}\n${name}`).digest()
    const { bytes } = scramHash(mechanism)
    return {
      salt: apiKeyIds.parse(name) ? drawn('salt').subarray(0, 16) : saltOfTools(drawn('salt')),
      iterations: scramIterationsMin,
      storedKey: drawn('stored key').subarray(0, bytes),
      serverKey: drawn('server key').subarray(0, bytes),
    }
  }
}

/** Users are made by Kafka's tools, whose salts are numbers of 130 bits written in base 36. */
const saltOfTools = (drawn: Uint8Array): Uint8Array =>
  Buffer.from(BigInt.asUintN(130, BigInt(`0x${Buffer.from(drawn).toString('hex')}`)).toString(36))
