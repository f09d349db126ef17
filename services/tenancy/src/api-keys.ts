import { type ApiKeyId, apiKeyIds, type Clock, KoineError, type Randomness, type TenantId } from '@koine/base'
import type { TableRecord, TenantTables } from '@koine/stores-ports'
import { apiKeyOwnerRecord, apiKeyRecord, tenantRecord } from './control-records.ts'
import { hashOf, makeSecret } from './key-secrets.ts'
import { checkedName } from './names.ts'
import { adminScope, checkedScopes } from './scopes.ts'
import {
  type ScramCredential,
  scramCredentialOf,
  type ScramCredentials,
  scramIterationsMin,
  type ScramMechanism,
} from './scram-credentials.ts'
import { noTenant, type PageRequest, type Tenant } from './tenants.ts'

/** What may be shown of a key: never the secret or its hash. Times are ISO 8601. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt?: string
  readonly revokedAt?: string
}

/** What decides whether a key is good. */
export interface ApiKeyCheck {
  readonly tenantId: TenantId
  readonly hash: Uint8Array
  readonly scopes: readonly string[]
  /** Infinity when it doesn't expire. */
  readonly expiresAtMs: number
  readonly revoked: boolean
  /** Undefined for a key of before there was SCRAM: its secret isn't known any more. */
  readonly scram: ScramCredentials | undefined
}

export interface NewApiKey {
  readonly name?: string
  /** `admin` without any. */
  readonly scopes?: readonly string[]
  /** ISO 8601, in the future. */
  readonly expiresAt?: string
  /** Of an earlier, interrupted try: the key gets a new secret, as nobody was told the first. */
  readonly id?: ApiKeyId
}

/** A revoked key stays in the list this long. */
const revokedKeptMs = 30 * 24 * 3600 * 1000
const apiKeysMax = 1000
const saltBytes = 16

/** API keys in the control tables, by tenant. */
export class ApiKeys {
  readonly #control: TenantTables
  readonly #source: { readonly clock: Clock; readonly randomness: Randomness }

  constructor(control: TenantTables, source: { readonly clock: Clock; readonly randomness: Randomness }) {
    this.#control = control
    this.#source = source
  }

  /** The secret is in the answer and nowhere else. */
  async create(tenant: Tenant, options: NewApiKey): Promise<ApiKey & { readonly secret: string }> {
    if (tenant.status === 'deleting') throw noTenant(tenant.id)
    await this.#refuseTooMany(tenant.id)
    const id = options.id ?? apiKeyIds.make(this.#source)
    const secret = makeSecret(this.#source.randomness)
    const key: ApiKey = {
      id,
      name: options.name === undefined ? 'unnamed' : checkedName('a key', options.name),
      scopes: checkedScopes(options.scopes),
      createdAt: new Date(this.#source.clock.now()).toISOString(),
      ...(options.expiresAt === undefined ? {} : { expiresAt: this.#checkedExpiry(options.expiresAt) }),
    }
    const { id: _, ...shown } = key
    const scram = await this.#scramOf(secret)
    const made = await this.#control.write({
      operations: [
        { check: tenantRecord(tenant.id), if: { equals: { status: tenant.status } } },
        { put: apiKeyRecord(tenant.id, id), attributes: { ...shown, hash: hashOf(secret), scram } },
        { put: apiKeyOwnerRecord(id), attributes: { tenantId: tenant.id } },
      ],
    })
    if (!made.ok) throw new KoineError('conflict', `Tenant ${tenant.id} changed meanwhile; try again.`)
    return { ...key, secret }
  }

  /** By age, the oldest first. */
  async list(tenantId: TenantId, { limit, cursor }: PageRequest): Promise<{ keys: ApiKey[]; cursor?: string }> {
    const page = await this.#control.query({
      table: 'api-keys',
      pk: tenantId,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    })
    return { keys: page.records.map(asApiKey), ...(page.cursor === undefined ? {} : { cursor: page.cursor }) }
  }

  /** Harmless when it is revoked already. `not_found` when the tenant has no such key. */
  async revoke(tenantId: TenantId, id: ApiKeyId): Promise<void> {
    const now = this.#source.clock.now()
    const record = await this.#control.get(apiKeyRecord(tenantId, id))
    if (!record) throw new KoineError('not_found', `There is no API key ${id}.`)
    if (record.attributes.revokedAt !== undefined) return
    const expiresAtMs = now + revokedKeptMs
    const revoked = await this.#control.write({
      operations: [
        {
          update: apiKeyRecord(tenantId, id),
          set: { revokedAt: new Date(now).toISOString() },
          expiresAtMs,
          if: 'present',
        },
        { update: apiKeyOwnerRecord(id), expiresAtMs, if: 'present' },
      ],
    })
    if (!revoked.ok) throw new KoineError('not_found', `There is no API key ${id}.`)
  }

  async check(id: ApiKeyId): Promise<ApiKeyCheck | undefined> {
    const owner = await this.#control.get(apiKeyOwnerRecord(id))
    if (!owner) return undefined
    const tenantId = owner.attributes.tenantId as TenantId
    const record = await this.#control.get(apiKeyRecord(tenantId, id))
    return (
      record && {
        tenantId,
        hash: record.attributes.hash as Uint8Array,
        scopes: scopesOf(record),
        expiresAtMs:
          record.attributes.expiresAt === undefined ? Infinity : Date.parse(record.attributes.expiresAt as string),
        revoked: record.attributes.revokedAt !== undefined,
        scram: record.attributes.scram as ApiKeyCheck['scram'],
      }
    )
  }

  /** Every key of a tenant that is being deleted, some at a time. */
  async removeAll(tenantId: TenantId): Promise<void> {
    for (;;) {
      const { records } = await this.#control.query({ table: 'api-keys', pk: tenantId, limit: 50 })
      if (records.length === 0) return
      await this.#control.write({
        operations: records.flatMap(({ key }) => [{ delete: key }, { delete: apiKeyOwnerRecord(key.sk as ApiKeyId) }]),
      })
    }
  }

  async #scramOf(secret: string): Promise<ScramCredentials> {
    const derived = (mechanism: ScramMechanism): Promise<ScramCredential> => {
      const salt = this.#source.randomness.fill(new Uint8Array(saltBytes))
      return scramCredentialOf(mechanism, { password: secret, salt, iterations: scramIterationsMin })
    }
    const [sha256, sha512] = await Promise.all([derived('SCRAM-SHA-256'), derived('SCRAM-SHA-512')])
    return { 'SCRAM-SHA-256': sha256, 'SCRAM-SHA-512': sha512 }
  }

  #checkedExpiry(expiresAt: string): string {
    const atMs = Date.parse(expiresAt)
    if (!Number.isFinite(atMs) || atMs <= this.#source.clock.now()) {
      throw new KoineError('invalid_request', 'expiresAt is an ISO 8601 time in the future.')
    }
    return new Date(atMs).toISOString()
  }

  async #refuseTooMany(tenantId: TenantId): Promise<void> {
    let count = 0
    let cursor: string | undefined
    do {
      const page = await this.list(tenantId, { limit: 1000, ...(cursor === undefined ? {} : { cursor }) })
      count += page.keys.length
      cursor = page.cursor
    } while (cursor !== undefined && count < apiKeysMax)
    if (count >= apiKeysMax) {
      throw new KoineError(
        'invalid_request',
        `A tenant has at most ${apiKeysMax} API keys; revoke some that are not used.`,
      )
    }
  }
}

/** Keys of before there were scopes may do everything. */
const scopesOf = ({ attributes }: TableRecord): readonly string[] =>
  (attributes.scopes as readonly string[] | undefined) ?? [adminScope]

const asApiKey = (record: TableRecord): ApiKey => ({
  id: record.key.sk as ApiKeyId,
  name: record.attributes.name as string,
  scopes: scopesOf(record),
  createdAt: record.attributes.createdAt as string,
  ...(record.attributes.expiresAt === undefined ? {} : { expiresAt: record.attributes.expiresAt as string }),
  ...(record.attributes.revokedAt === undefined ? {} : { revokedAt: record.attributes.revokedAt as string }),
})
