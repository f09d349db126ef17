import { type Query, tableLimits, type TableRecord, type TenantTables } from '@koine/stores-ports'

/** All records of a group, page by page. */
export async function* queryAll(
  tables: TenantTables,
  group: Pick<Query, 'table' | 'pk' | 'from' | 'before'>,
): AsyncGenerator<TableRecord, void, undefined> {
  let cursor: string | undefined
  do {
    const page = await tables.query({
      ...group,
      limit: tableLimits.queryRecords,
      ...(cursor !== undefined && { cursor }),
    })
    yield* page.records
    cursor = page.cursor
  } while (cursor !== undefined)
}
