import {
  type ApiKeyId,
  type Clock,
  type IdKind,
  KoineError,
  type Logger,
  type Randomness,
  type TenantId,
  type UserId,
} from '@koine/base'
import { scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { type ApiKey, ApiKeys, type NewApiKey } from './api-keys.ts'
import { type ApiKeyPrincipal, Authentication, type Principal } from './authentication.ts'
import { Deletions } from './deletion.ts'
import { type IdempotentCall, IdempotentCalls } from './idempotency.ts'
import {
  changedQuotas,
  defaultQuotas,
  type OwnQuotas,
  type QuotaChanges,
  quotasOver,
  type TenantQuotas,
} from './quotas.ts'
import { Revocations, type Revoked } from './revocations.ts'
import { scramSeed } from './scram-seed.ts'
import type { ScramCredentials } from './scram-credentials.ts'
import { noTenant, type PageRequest, type Tenant, Tenants } from './tenants.ts'
import { signUserToken, tokenLifeMs } from './user-tokens.ts'
import { createUser, getUser, listUsers, type User, usersExist } from './users.ts'

export interface TenancyOptions {
  readonly stores: Stores
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  /** The operator's credential, at least 16 characters. */
  readonly adminToken: string
  /** For tenants that the operator has given nothing else. */
  readonly quotas?: TenantQuotas
}

const wholeList: PageRequest = { limit: 1000 }

/**
 * Tenants, their keys and users, and the one way from a credential to a tenant-scoped handle. What isn't there, and what
 * is another tenant's, is `not_found` alike.
 */
export class Tenancy implements AsyncDisposable {
  readonly #options: TenancyOptions
  readonly #tenants: Tenants
  readonly #apiKeys: ApiKeys
  readonly #revocations: Revocations
  readonly #deletions: Deletions
  readonly #authentication: Authentication
  readonly #calls: IdempotentCalls
  #scramSeed: Promise<Uint8Array> | undefined
  readonly #creationListeners = new Set<(tenant: Tenant) => void | Promise<void>>()
  readonly #quotaListeners = new Set<(tenantId: TenantId) => void | Promise<void>>()
  #quotaTurn: Promise<unknown> = Promise.resolve()

  constructor(options: TenancyOptions) {
    if (options.adminToken.length < 16) {
      throw new KoineError('invalid_request', 'The admin token has at least 16 characters.')
    }
    this.#options = options
    const { stores, logger, clock } = options
    this.#tenants = new Tenants(stores.tables.control, options)
    this.#apiKeys = new ApiKeys(stores.tables.control, options)
    this.#revocations = new Revocations(logger)
    this.#deletions = new Deletions({ stores, tenants: this.#tenants, apiKeys: this.#apiKeys, clock, logger })
    this.#calls = new IdempotentCalls({ tables: stores.tables, clock, logger })
    this.#authentication = new Authentication(
      { stores, tenants: this.#tenants, apiKeys: this.#apiKeys, revocations: this.#revocations, clock },
      options.adminToken,
    )
  }

  async createTenant(tenant: { readonly name: string; readonly id?: TenantId }): Promise<Tenant> {
    const made = await this.#tenants.create(tenant)
    this.#options.logger.info({ tenantId: made.id }, 'tenant created')
    for (const listener of this.#creationListeners) await listener(made)
    return made
  }

  tenants(page: PageRequest): Promise<{ tenants: Tenant[]; cursor?: string }> {
    return this.#tenants.list(page)
  }

  tenant(id: TenantId): Promise<Tenant> {
    return this.#tenants.get(id)
  }

  /** For the composition root and what works for a tenant without a credential of its own. */
  async scope(id: TenantId): Promise<TenantScope> {
    const tenant = await this.#tenants.get(id)
    if (tenant.status === 'deleting') throw noTenant(id)
    return scopeTo(this.#options.stores, id)
  }

  /** What holds for a tenant, and what of it the operator has given it rather than the defaults. */
  async quotas(id: TenantId): Promise<{ quotas: TenantQuotas; own: OwnQuotas }> {
    const own = await this.#tenants.quotas(id)
    return { quotas: quotasOver(this.#options.quotas ?? defaultQuotas, own), own }
  }

  /** @param changes what isn't named stays, or with `replace` goes back to the default. Answered when it holds. */
  async changeQuotas(
    id: TenantId,
    changes: QuotaChanges,
    { replace = false }: { readonly replace?: boolean } = {},
  ): Promise<{ quotas: TenantQuotas; own: OwnQuotas }> {
    // Seldom enough for one after another: none is lost.
    const turn = this.#quotaTurn.then(async () => {
      const own = changedQuotas(replace ? {} : await this.#tenants.quotas(id), changes)
      await this.#tenants.setQuotas(id, own)
      this.#options.logger.info({ tenantId: id, quotas: own }, 'quotas of a tenant changed')
      for (const listener of this.#quotaListeners) await listener(id)
    })
    this.#quotaTurn = turn.catch(() => {}) // The caller sees it; the next one's turn comes all the same.
    await turn
    return this.quotas(id)
  }

  /** For what holds tenants to their quotas. A change is answered once its listeners are done. */
  onQuotasChanged(listener: (tenantId: TenantId) => void | Promise<void>): Disposable {
    this.#quotaListeners.add(listener)
    return { [Symbol.dispose]: () => void this.#quotaListeners.delete(listener) }
  }

  async suspendTenant(id: TenantId): Promise<Tenant> {
    const tenant = await this.#tenants.setStatus(id, 'suspended')
    this.#revoked({ tenantId: id })
    this.#options.logger.info({ tenantId: id }, 'tenant suspended')
    return tenant
  }

  async resumeTenant(id: TenantId): Promise<Tenant> {
    const tenant = await this.#tenants.setStatus(id, 'active')
    this.#authentication.forget({ tenantId: id })
    this.#options.logger.info({ tenantId: id }, 'tenant resumed')
    return tenant
  }

  /** Resolves when everything of the tenant is gone; once begun it is finished even over a crash. */
  async deleteTenant(id: TenantId): Promise<void> {
    await this.#tenants.markDeleting(id)
    this.#revoked({ tenantId: id })
    await this.#deletions.finish(id)
  }

  /** Call it at boot: finishes deletions that a crash interrupted. Returns how many. */
  resumeDeletions(): Promise<number> {
    return this.#deletions.resume()
  }

  async createApiKey(tenantId: TenantId, key: NewApiKey = {}): Promise<ApiKey & { readonly secret: string }> {
    const made = await this.#apiKeys.create(await this.#tenants.get(tenantId), key)
    // A key finished from an interrupted try has a new secret.
    this.#authentication.forget({ tenantId, keyId: made.id })
    this.#options.logger.info({ tenantId, keyId: made.id }, 'API key created')
    return made
  }

  async apiKeys(tenantId: TenantId, page: PageRequest = wholeList): Promise<{ keys: ApiKey[]; cursor?: string }> {
    await this.#tenants.get(tenantId)
    return this.#apiKeys.list(tenantId, page)
  }

  async revokeApiKey(tenantId: TenantId, keyId: ApiKeyId): Promise<void> {
    await this.#apiKeys.revoke(tenantId, keyId)
    this.#revoked({ tenantId, keyId })
    this.#options.logger.info({ tenantId, keyId }, 'API key revoked')
  }

  createUser(scope: TenantScope, user: { readonly name: string; readonly id?: UserId }): Promise<User> {
    return createUser(scope, this.#options, user)
  }

  user(scope: TenantScope, id: UserId): Promise<User> {
    return getUser(scope, id)
  }

  users(scope: TenantScope, page: PageRequest): Promise<{ users: User[]; cursor?: string }> {
    return listUsers(scope, page)
  }

  /** Whether each of them exists, in the order of `ids`. */
  usersExist(scope: TenantScope, ids: readonly UserId[]): Promise<boolean[]> {
    return usersExist(scope, ids)
  }

  /** A JWT for one user: an hour unless told, a day at most. */
  async mintUserToken(
    scope: TenantScope,
    userId: UserId,
    { expiresInMs = tokenLifeMs.usual }: { readonly expiresInMs?: number } = {},
  ): Promise<{ token: string; expiresAt: string }> {
    await getUser(scope, userId)
    const secret = await this.#tenants.tokenSecret(scope.tenantId)
    if (!secret) throw noTenant(scope.tenantId)
    return signUserToken(secret, this.#options.clock, { tenantId: scope.tenantId, userId, expiresInMs })
  }

  /** The admin token, `<key id>.<secret>`, or a user token. Throws `unauthenticated` or `tenant_suspended`. */
  authenticateBearer(text: string): Promise<Principal> {
    return this.#authentication.bearer(text)
  }

  /** For protocols that send the two apart, such as SASL/PLAIN. */
  authenticateKey(id: string, secret: string): Promise<ApiKeyPrincipal> {
    return this.#authentication.key(id, secret)
  }

  /** What an API key proves itself with over SCRAM, and whose it is; undefined when there is no such key. */
  keyScram(keyId: ApiKeyId): Promise<{ tenantId: TenantId; scram: ScramCredentials | undefined } | undefined> {
    return this.#authentication.scramOf(keyId)
  }

  /** Who an API key is that has proven itself in another way than by its secret. Throws as `authenticateKey` does. */
  authenticateKnownKey(keyId: ApiKeyId): Promise<ApiKeyPrincipal> {
    return this.#authentication.knownKey(keyId)
  }

  /** For credentials that a tenant keeps itself. Throws `unauthenticated` when there is no such tenant, `tenant_suspended`. */
  credentialScope(id: TenantId): Promise<TenantScope> {
    return this.#authentication.tenantScope(id)
  }

  /** 32 bytes that stay the same over restarts: what the salts of unknown names are drawn from. */
  scramSeed(): Promise<Uint8Array> {
    const made = (this.#scramSeed ??= scramSeed(this.#options.stores.tables.control, this.#options.randomness))
    made.catch(() => (this.#scramSeed = undefined)) // The caller hears of it; the next one tries again.
    return made
  }

  /** Makes a call that a client may send more than once happen once; see `IdempotentCalls`. */
  once<Id extends string, T>(
    call: IdempotentCall,
    { ids, run }: { readonly ids: IdKind<Id>; readonly run: (id: Id) => Promise<T> },
  ): Promise<{ answer: T; repeated: boolean }> {
    return this.#calls.once(call, { makeId: () => ids.make(this.#options), run: (id) => run(id as Id) })
  }

  /**
   * Tells of revoked keys and of tenants suspended or deleted, so that gateways close what they let in. A gateway that
   * registers its connection in the turn in which authentication resolved misses none.
   */
  onRevoked(listener: (what: Revoked) => void): Disposable {
    return this.#revocations.listen(listener)
  }

  /** For what works on every tenant, such as the outbox relay. A creation is answered once its listeners are done. */
  onTenantCreated(listener: (tenant: Tenant) => void | Promise<void>): Disposable {
    this.#creationListeners.add(listener)
    return { [Symbol.dispose]: () => void this.#creationListeners.delete(listener) }
  }

  /**
   * For what works on a tenant without a credential: the listener stops that and lets go of what it holds of the tenant,
   * and its data goes when all listeners have resolved. Its credentials are dead by then, and `onRevoked` has been called.
   */
  onTenantDeleting(listener: (tenantId: TenantId) => void | Promise<void>): Disposable {
    return this.#deletions.listen(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#revocations.clear()
    this.#creationListeners.clear()
    this.#quotaListeners.clear()
    await this.#deletions[Symbol.asyncDispose]()
  }

  #revoked(what: Revoked): void {
    this.#authentication.forget(what)
    this.#revocations.announce(what)
  }
}
