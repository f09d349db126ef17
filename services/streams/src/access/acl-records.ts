import { createHash } from 'node:crypto'
import type { RecordKey, TableRecord, TenantTables } from '@koine/stores-ports'
import { type Acl, identityOf } from './acl.ts'
import { AclBook } from './acl-book.ts'

/** A tenant's ACLs are one group of records, each under the hash of what it says. */
const table = 'streams.acls'
const pk = 'all'
const format = 1
const batchRecords = 50

const recordOf = (acl: Acl): RecordKey => ({
  table,
  pk,
  sk: createHash('sha256').update(identityOf(acl)).digest('base64url'),
})

const aclOf = ({ attributes }: TableRecord): Acl => {
  const { v: _, ...acl } = attributes
  return acl as unknown as Acl
}

export async function readAcls(tables: TenantTables): Promise<AclBook> {
  const book = new AclBook()
  let cursor: string | undefined
  do {
    const page = await tables.query({ table, pk, limit: 1000, ...(cursor !== undefined && { cursor }) })
    for (const record of page.records) book.add(aclOf(record))
    cursor = page.cursor
  } while (cursor !== undefined)
  return book
}

/** Durable when it resolves. Some may be written when it rejects. */
export async function writeAcls(tables: TenantTables, acls: readonly Acl[]): Promise<void> {
  await inBatches(tables, acls, (acl) => ({ put: recordOf(acl), attributes: { v: format, ...acl } }))
}

/** Durable when it resolves. Some may be gone when it rejects. */
export async function deleteAcls(tables: TenantTables, acls: readonly Acl[]): Promise<void> {
  await inBatches(tables, acls, (acl) => ({ delete: recordOf(acl) }))
}

async function inBatches(
  tables: TenantTables,
  acls: readonly Acl[],
  operationOf: (
    acl: Acl,
  ) => { put: RecordKey; attributes: { [name: string]: string | number } } | { delete: RecordKey },
): Promise<void> {
  for (let from = 0; from < acls.length; from += batchRecords) {
    await tables.write({ operations: acls.slice(from, from + batchRecords).map(operationOf) })
  }
}
