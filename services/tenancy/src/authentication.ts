import { type ApiKeyId, apiKeyIds, type Clock, KoineError, type TenantId, type UserId } from '@koine/base'
import { scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import type { ApiKeyCheck, ApiKeys } from './api-keys.ts'
import { hashOf, sameHash } from './key-secrets.ts'
import { ResolutionCache } from './resolution-cache.ts'
import type { Revocations, Revoked } from './revocations.ts'
import type { ScramCredentials } from './scram-credentials.ts'
import type { Tenants } from './tenants.ts'
import { unverifiedIssuer, verifyUserToken } from './user-tokens.ts'

/** Who calls. */
export type Principal =
  | { readonly kind: 'operator' }
  | {
      readonly kind: 'api-key'
      readonly scope: TenantScope
      readonly keyId: ApiKeyId
      readonly scopes: readonly string[]
      /** Infinity when it doesn't expire. */
      readonly expiresAtMs: number
    }
  | { readonly kind: 'user'; readonly scope: TenantScope; readonly userId: UserId; readonly expiresAtMs: number }
export type ApiKeyPrincipal = Principal & { kind: 'api-key' }

interface ResolvedTenant {
  readonly scope: TenantScope
  readonly suspended: boolean
  readonly tokenSecret: Uint8Array
}

const credentialCharactersMax = 4096
const noHash = new Uint8Array(32)

/** One answer for whatever is wrong with a credential, so that it can't be felt for. */
const unauthenticated = (): KoineError =>
  new KoineError('unauthenticated', 'The credential is missing, unknown, expired or revoked.')

interface Parts {
  readonly stores: Stores
  readonly tenants: Tenants
  readonly apiKeys: ApiKeys
  readonly revocations: Revocations
  readonly clock: Clock
}

/** From a credential to who calls, through a bounded cache that revocations empty at once. */
export class Authentication {
  readonly #parts: Parts
  readonly #adminTokenHash: Uint8Array
  readonly #tenantsHeld: ResolutionCache<TenantId, ResolvedTenant>
  readonly #keysHeld: ResolutionCache<ApiKeyId, ApiKeyCheck>

  constructor(parts: Parts, adminToken: string) {
    this.#parts = parts
    this.#adminTokenHash = hashOf(adminToken)
    const monotonic = (): number => parts.clock.monotonic()
    this.#tenantsHeld = new ResolutionCache({ capacity: 10_000, ageMaxMs: 30_000, monotonic })
    this.#keysHeld = new ResolutionCache({ capacity: 10_000, ageMaxMs: 30_000, monotonic })
  }

  /** The admin token, `<key id>.<secret>`, or a user token. Throws `unauthenticated` or `tenant_suspended`. */
  bearer(text: string): Promise<Principal> {
    return this.#undisturbed(async () => {
      if (text.length > credentialCharactersMax) throw unauthenticated()
      if (sameHash(hashOf(text), this.#adminTokenHash)) return { kind: 'operator' }
      const [first, second, ...others] = text.split('.')
      if (first !== undefined && second !== undefined && others.length === 0) return this.#byKey(first, second)
      return this.#byToken(text)
    })
  }

  key(id: string, secret: string): Promise<ApiKeyPrincipal> {
    return this.#undisturbed(() => this.#byKey(id, secret))
  }

  /** What a key proves itself with over SCRAM; whether it holds is asked of `knownKey` when it has. */
  async scramOf(keyId: ApiKeyId): Promise<{ tenantId: TenantId; scram: ScramCredentials | undefined } | undefined> {
    const key = await this.#keysHeld.get(keyId, () => this.#parts.apiKeys.check(keyId))
    return key && { tenantId: key.tenantId, scram: key.scram }
  }

  /** Who a key is that has proven itself. Throws `unauthenticated` or `tenant_suspended`. */
  knownKey(keyId: ApiKeyId): Promise<ApiKeyPrincipal> {
    return this.#undisturbed(() => this.#byKnownKey(keyId))
  }

  /** The scope of a tenant by its id alone, for credentials that the tenant keeps itself. */
  tenantScope(id: TenantId): Promise<TenantScope> {
    return this.#undisturbed(async () => {
      const tenant = await this.#tenant(id)
      if (!tenant) throw unauthenticated()
      refuseSuspended(tenant)
      return tenant.scope
    })
  }

  /** Call it when the change is committed and before anyone is told. */
  forget({ tenantId, keyId }: Revoked): void {
    if (keyId === undefined) {
      this.#tenantsHeld.forget(tenantId)
      this.#keysHeld.forgetWhere((key) => key.tenantId === tenantId)
    } else this.#keysHeld.forget(keyId)
  }

  /**
   * Resolves again when a revocation came in between: otherwise a connection could be let in with what was just revoked,
   * after the gateways were told to close its like.
   */
  async #undisturbed<T>(resolve: () => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 10; tries++) {
      const before = this.#parts.revocations.count
      const principal = await resolve()
      if (before === this.#parts.revocations.count) return principal
    }
    throw new KoineError('unavailable', 'Credentials are changing too fast to check this one; try again.', {
      retryAfterMs: 1000,
    })
  }

  async #byKey(idText: string, secret: string): Promise<ApiKeyPrincipal> {
    const keyId = apiKeyIds.parse(idText)
    const key = keyId && (await this.#keysHeld.get(keyId, () => this.#parts.apiKeys.check(keyId)))
    // An unknown key is compared as well, so that it takes as long as a wrong secret.
    const secretIsRight = sameHash(hashOf(secret.slice(0, credentialCharactersMax)), key?.hash ?? noHash)
    if (!keyId || !key || !secretIsRight || !this.#holds(key)) throw unauthenticated()
    const tenant = await this.#tenant(key.tenantId)
    if (!tenant) throw unauthenticated()
    refuseSuspended(tenant)
    return principalOf(keyId, key, tenant)
  }

  async #byKnownKey(keyId: ApiKeyId): Promise<ApiKeyPrincipal> {
    const key = await this.#keysHeld.get(keyId, () => this.#parts.apiKeys.check(keyId))
    const tenant = key && this.#holds(key) ? await this.#tenant(key.tenantId) : undefined
    if (!key || !tenant) throw unauthenticated()
    refuseSuspended(tenant)
    return principalOf(keyId, key, tenant)
  }

  #holds(key: ApiKeyCheck): boolean {
    return !key.revoked && key.expiresAtMs > this.#parts.clock.now()
  }

  async #byToken(token: string): Promise<Principal> {
    const tenantId = unverifiedIssuer(token)
    const tenant = tenantId && (await this.#tenant(tenantId))
    if (!tenantId || !tenant) throw unauthenticated()
    const verified = await verifyUserToken(token, tenant.tokenSecret, this.#parts.clock, tenantId)
    if (!verified) throw unauthenticated()
    refuseSuspended(tenant)
    return { kind: 'user', scope: tenant.scope, ...verified }
  }

  #tenant(id: TenantId): Promise<ResolvedTenant | undefined> {
    return this.#tenantsHeld.get(id, async () => {
      const [tenant, tokenSecret] = await Promise.all([
        this.#parts.tenants.find(id),
        this.#parts.tenants.tokenSecret(id),
      ])
      if (!tenant || !tokenSecret || tenant.status === 'deleting') return undefined
      return { scope: scopeTo(this.#parts.stores, id), suspended: tenant.status === 'suspended', tokenSecret }
    })
  }
}

const principalOf = (
  keyId: ApiKeyId,
  { scopes, expiresAtMs }: ApiKeyCheck,
  { scope }: ResolvedTenant,
): ApiKeyPrincipal => ({ kind: 'api-key', scope, keyId, scopes, expiresAtMs })

function refuseSuspended(tenant: ResolvedTenant): void {
  if (tenant.suspended) throw new KoineError('tenant_suspended', 'The tenant is suspended; its operator can resume it.')
}
