import { type Operation, tableLimits, type TenantTables } from '@koine/stores-ports'
import { allQueues, queueTables } from './job-records.ts'

/** Deletes all queues of a tenant. The names go last, so that a drop that broke off can be repeated. */
export async function dropJobs(tables: TenantTables): Promise<void> {
  for (const queue of await namesOfQueues(tables)) {
    for (const table of queueTables) await deleteGroup(tables, { table, pk: queue })
  }
  await deleteGroup(tables, allQueues)
}

async function namesOfQueues(tables: TenantTables): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await tables.query({ ...allQueues, limit: 1000, ...(cursor !== undefined && { cursor }) })
    names.push(...page.records.map(({ key }) => key.sk))
    cursor = page.cursor
  } while (cursor !== undefined)
  return names
}

async function deleteGroup(tables: TenantTables, group: { table: string; pk: string }): Promise<void> {
  for (;;) {
    const { records, cursor } = await tables.query({ ...group, limit: tableLimits.batchOperations })
    const operations = records.map(({ key }): Operation => ({ delete: key }))
    if (operations.length > 0) await tables.write({ operations })
    if (cursor === undefined) return
  }
}
