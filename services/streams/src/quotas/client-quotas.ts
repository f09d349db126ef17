import type { RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { Turns } from '../turns.ts'
import { entityKey, entityOf, entityProblem, type QuotaEntity } from './quota-entity.ts'
import { filterProblem, matches, type QuotaFilter } from './quota-filter.ts'
import { changedQuotas, type QuotaChange, quotaProblem, type QuotaValues } from './quota-values.ts'

export interface QuotaAlteration {
  readonly entity: QuotaEntity
  readonly changes: readonly QuotaChange[]
}

export type QuotaFailure = 'invalid-quota' | 'unknown-entity-type' | 'too-many'

export type AlteredQuotas =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: QuotaFailure; readonly message: string }

export interface EntityQuotas {
  readonly entity: QuotaEntity
  readonly values: QuotaValues
}

export type DescribedQuotas =
  | { readonly ok: true; readonly entities: readonly EntityQuotas[] }
  | { readonly ok: false; readonly reason: QuotaFailure; readonly message: string }

/** The quotas that a tenant gives to its own users, client ids and addresses: kept, told, and announced when they change. */
export class ClientQuotas {
  readonly #limits: StreamsLimits
  readonly #changed: (scope: TenantScope) => Promise<void>
  readonly #turns = new Turns()

  /** @param changed a change is answered once this is done */
  constructor(limits: StreamsLimits, changed: (scope: TenantScope) => Promise<void> = async () => {}) {
    this.#limits = limits
    this.#changed = changed
  }

  async all(scope: TenantScope): Promise<readonly EntityQuotas[]> {
    return (await all(scope)).map(quotasOf)
  }

  async describe(scope: TenantScope, filter: QuotaFilter): Promise<DescribedQuotas> {
    const problem = filterProblem(filter)
    if (problem) return { ok: false, ...problem }
    const entities = (await this.all(scope)).filter(({ entity }) => matches(filter, entity))
    return { ok: true, entities }
  }

  /** One entity's changes, all or none. */
  alter(
    scope: TenantScope,
    { entity, changes }: QuotaAlteration,
    { validateOnly = false }: { readonly validateOnly?: boolean } = {},
  ): Promise<AlteredQuotas> {
    return this.#turns.take(scope.tenantId, async () => {
      const problem = entityProblem(entity) ?? firstProblem(entity, changes)
      if (problem !== undefined) return { ok: false, reason: 'invalid-quota', message: problem }
      const key = keyOf(entity)
      const held = await scope.tables.get(key)
      const values = changedQuotas(held ? valuesOf(held) : {}, changes)
      const isEmpty = Object.keys(values).length === 0
      if (!held && !isEmpty && (await all(scope)).length >= this.#limits.quotaEntities) {
        return { ok: false, reason: 'too-many', message: `At most ${this.#limits.quotaEntities} entities have quotas.` }
      }
      if (!validateOnly) {
        await scope.tables.write({
          operations: [isEmpty ? { delete: key } : { put: key, attributes: { v: layout, values } }],
        })
        await this.#changed(scope)
      }
      return { ok: true }
    })
  }
}

const firstProblem = (entity: QuotaEntity, changes: readonly QuotaChange[]): string | undefined =>
  changes.map((change) => quotaProblem(entity, change)).find((problem) => problem !== undefined)

/** One record an entity, which its sort key tells: `v` is the layout's version, `values` the quotas by their key. */
const table = 'streams.client-quotas'
const partitionKey = 'entities'
const layout = 1

const keyOf = (entity: QuotaEntity): RecordKey => ({ table, pk: partitionKey, sk: entityKey(entity) })

const valuesOf = ({ attributes }: TableRecord): QuotaValues => attributes['values'] as QuotaValues

const quotasOf = (record: TableRecord): EntityQuotas => ({
  entity: entityOf(record.key.sk),
  values: valuesOf(record),
})

async function all(scope: TenantScope): Promise<TableRecord[]> {
  const records: TableRecord[] = []
  let cursor: string | undefined
  do {
    const page = await scope.tables.query({ table, pk: partitionKey, limit: 1_000, ...(cursor && { cursor }) })
    records.push(...page.records)
    cursor = page.cursor
  } while (cursor)
  return records
}
