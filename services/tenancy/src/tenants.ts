import { type Clock, KoineError, type Randomness, type TenantId, tenantIds } from '@koine/base'
import type { TableRecord, TenantTables } from '@koine/stores-ports'
import type { OwnQuotas } from './quotas.ts'
import { deletionRecord, tenantRecord, tokenSecretRecord } from './control-records.ts'
import { checkedName } from './names.ts'

export interface Tenant {
  readonly id: TenantId
  readonly name: string
  /** `deleting` has no way back: its credentials are dead and its data is going. */
  readonly status: 'active' | 'suspended' | 'deleting'
  /** ISO 8601. */
  readonly createdAt: string
}

export interface PageRequest {
  /** At most this many, from 1 to 1,000. */
  readonly limit: number
  readonly cursor?: string
}

export const noTenant = (id: string): KoineError => new KoineError('not_found', `There is no tenant ${id}.`)

/** The tenants' own records in the control tables. Knows nothing of credentials or of what a tenant holds. */
export class Tenants {
  readonly #control: TenantTables
  readonly #source: { readonly clock: Clock; readonly randomness: Randomness }

  constructor(control: TenantTables, source: { readonly clock: Clock; readonly randomness: Randomness }) {
    this.#control = control
    this.#source = source
  }

  /** With an `id` of an earlier, interrupted try the call is finished rather than repeated. */
  async create({ name, id = tenantIds.make(this.#source) }: { name: string; id?: TenantId }): Promise<Tenant> {
    const tenant: Tenant = {
      id,
      name: checkedName('a tenant', name),
      status: 'active',
      createdAt: new Date(this.#source.clock.now()).toISOString(),
    }
    const made = await this.#control.write({
      operations: [
        {
          put: tenantRecord(id),
          attributes: { name: tenant.name, status: tenant.status, createdAt: tenant.createdAt },
          if: 'absent',
        },
        {
          put: tokenSecretRecord(id),
          attributes: { secret: this.#source.randomness.fill(new Uint8Array(32)) },
          if: 'absent',
        },
      ],
    })
    return made.ok ? tenant : await this.get(id)
  }

  async find(id: TenantId): Promise<Tenant | undefined> {
    const record = await this.#control.get(tenantRecord(id))
    return record && asTenant(record)
  }

  async get(id: TenantId): Promise<Tenant> {
    const tenant = await this.find(id)
    if (!tenant) throw noTenant(id)
    return tenant
  }

  /** By age, the oldest first. */
  async list({ limit, cursor }: PageRequest): Promise<{ tenants: Tenant[]; cursor?: string }> {
    const page = await this.#control.query({
      table: 'tenants',
      pk: 'all',
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    })
    return {
      tenants: page.records.map(asTenant),
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
    }
  }

  /** Harmless when it has that status; `not_found` once it is being deleted. */
  async setStatus(id: TenantId, status: 'active' | 'suspended'): Promise<Tenant> {
    const from = status === 'active' ? 'suspended' : 'active'
    const changed = await this.#control.write({
      operations: [{ update: tenantRecord(id), set: { status }, if: { equals: { status: from } } }],
    })
    const tenant = await this.get(id)
    if (!changed.ok && tenant.status === 'deleting') throw noTenant(id)
    return tenant
  }

  /** What the operator has given it; empty for one to which only the defaults apply. */
  async quotas(id: TenantId): Promise<OwnQuotas> {
    const record = await this.#control.get(tenantRecord(id))
    if (!record) throw noTenant(id)
    return (record.attributes.quotas as OwnQuotas | undefined) ?? {}
  }

  async setQuotas(id: TenantId, quotas: OwnQuotas): Promise<void> {
    const set = await this.#control.write({
      operations: [{ update: tenantRecord(id), set: { quotas: { ...quotas } }, if: 'present' }],
    })
    if (!set.ok) throw noTenant(id)
  }

  /** The point of no return: the status and the note of the deletion are one write. */
  async markDeleting(id: TenantId): Promise<void> {
    const marked = await this.#control.write({
      operations: [
        { update: tenantRecord(id), set: { status: 'deleting' }, if: 'present' },
        { put: deletionRecord(id), attributes: { startedAt: new Date(this.#source.clock.now()).toISOString() } },
      ],
    })
    if (!marked.ok) throw noTenant(id)
  }

  /** Tenants whose deletion has begun and isn't over, one page of them. */
  async notedDeletions(): Promise<TenantId[]> {
    const page = await this.#control.query({ table: 'tenant-deletions', pk: 'all', limit: 100 })
    return page.records.flatMap((record) => tenantIds.parse(record.key.sk) ?? [])
  }

  /** After this there is no such tenant; the note of its deletion stays. */
  async remove(id: TenantId): Promise<void> {
    await this.#control.write({
      operations: [{ delete: tenantRecord(id) }, { delete: tokenSecretRecord(id) }],
    })
  }

  /** The last step of a deletion. */
  async forgetDeletion(id: TenantId): Promise<void> {
    await this.#control.write({ operations: [{ delete: deletionRecord(id) }] })
  }

  /** What signs and checks the tenant's user tokens: 32 bytes. */
  async tokenSecret(id: TenantId): Promise<Uint8Array | undefined> {
    const record = await this.#control.get(tokenSecretRecord(id))
    return record?.attributes.secret as Uint8Array | undefined
  }
}

const asTenant = ({ key, attributes }: TableRecord): Tenant => ({
  id: key.sk as TenantId,
  name: attributes.name as string,
  status: attributes.status as Tenant['status'],
  createdAt: attributes.createdAt as string,
})
