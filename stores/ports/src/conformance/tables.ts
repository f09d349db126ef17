import { after, before, describe } from 'node:test'
import { type Cases, registerSuite, type Skip } from './suite.ts'
import { boundCases } from './tables-bounds.ts'
import { newTenant, type OpenedTables, type WithTables } from './tables-case.ts'
import { concurrencyCases } from './tables-concurrency.ts'
import { conditionCases } from './tables-conditions.ts'
import { expiryCases } from './tables-expiry.ts'
import { modelCases } from './tables-model.ts'
import { outboxCases } from './tables-outbox.ts'
import { queryCases } from './tables-query.ts'
import { recordCases } from './tables-records.ts'
import { tenantCases } from './tables-tenants.ts'

export interface TablesConformance {
  readonly name: string
  /** Called once; each test has tenants of its own. */
  readonly open: () => Promise<OpenedTables>
  readonly skip?: readonly Skip[]
  /** How many random histories the model test runs. */
  readonly modelRuns?: number
}

/** What every engine of the tables port does. */
export function tablesConformance({ name, open, skip, modelRuns = 50 }: TablesConformance): void {
  describe(`tables: ${name}`, () => {
    let opened: OpenedTables | undefined
    before(async () => {
      opened = await open()
    })
    after(() => opened?.close())
    const withTables: WithTables = (body) => async () => {
      const tenant = newTenant()
      await body(opened!.tables.forTenant(tenant), { opened: opened!, tenant })
    }
    const groups: { readonly [title: string]: Cases } = {
      records: recordCases(withTables),
      conditions: conditionCases(withTables),
      expiry: expiryCases(withTables),
      queries: queryCases(withTables),
      bounds: boundCases(withTables),
      concurrency: concurrencyCases(withTables),
      outbox: outboxCases(withTables),
      tenants: tenantCases(withTables),
      model: modelCases(withTables, modelRuns),
    }
    registerSuite('conformance', Object.assign({}, ...Object.values(groups)) as Cases, skip)
  })
}
