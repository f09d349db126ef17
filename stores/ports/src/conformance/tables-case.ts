import { type EventId, eventIds, systemClock, systemRandomness, type TenantId, tenantIds } from '@koine/base'
import type { ManualClock } from '@koine/base/testing'
import type {
  Attributes,
  Condition,
  Operation,
  OutboxEvent,
  PendingEvent,
  RecordKey,
  TableRecord,
  Tables,
  TenantTables,
} from '../tables.ts'

/** An adapter opened for the suite. */
export interface OpenedTables {
  /** The adapter; another one after `reopen`. */
  readonly tables: Tables
  /** What the adapter takes the time from. */
  readonly clock: ManualClock
  /** Closes the adapter and opens it again over what is durable. Left out where nothing is. */
  reopen?(): Promise<void>
  close(): Promise<void>
}

interface TablesCase {
  readonly opened: OpenedTables
  /** A tenant of the case's own. */
  readonly tenant: TenantId
}

/** Makes a test of a body that gets the tables of a fresh tenant. */
export type WithTables = (body: (tables: TenantTables, context: TablesCase) => Promise<void>) => () => Promise<void>

const idSource = { clock: systemClock, randomness: systemRandomness }
export const newTenant = (): TenantId => tenantIds.make(idSource)
const newEventId = (): EventId => eventIds.make(idSource)

/** The key of a record in the group that most cases use. */
export const at = (sk: string, pk = 'group', table = 'things'): RecordKey => ({ table, pk, sk })

export const put = (
  key: RecordKey,
  attributes: Attributes = {},
  options: { readonly if?: Condition; readonly expiresAtMs?: number } = {},
): Operation => ({ put: key, attributes, ...options })

export const event = (key: string, number: number, topic = 'koine.test'): OutboxEvent => ({
  id: newEventId(),
  topic,
  key,
  body: JSON.stringify({ number }),
})

export const numberOf = (pending: PendingEvent): number => (JSON.parse(pending.body) as { number: number }).number

/** A record without its key. */
export const stateOf = (record: TableRecord | undefined): Omit<TableRecord, 'key'> | undefined => {
  if (!record) return undefined
  const { key: _, ...state } = record
  return state
}

export const rejection = (code: string) => (thrown: unknown) => (thrown as { code?: string }).code === code

/** Every sort key of a group, page by page. */
export async function sortKeys(tables: TenantTables, pk = 'group', table = 'things'): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = await tables.query({ table, pk, limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    found.push(...page.records.map(({ key }) => key.sk))
    cursor = page.cursor
  } while (cursor !== undefined)
  return found
}

/** All pending events, taken out as a relay would. */
export async function drained(tables: TenantTables): Promise<PendingEvent[]> {
  const all: PendingEvent[] = []
  for (;;) {
    const some = await tables.outbox.pending(50)
    if (some.length === 0) return all
    all.push(...some)
    await tables.outbox.remove(some)
  }
}
