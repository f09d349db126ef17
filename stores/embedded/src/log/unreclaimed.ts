import type { Operation, RecordKey, TenantTables } from '@koine/stores-ports'

/** There while segments may hold more of what is gone than has been looked for. */
const key: RecordKey = { table: 'log.counters', pk: 'unreclaimed', sk: '' }

/** The note in a tenant's tables that there is space to give back: the next opening goes on where the last one stopped. */
export const unreclaimed = {
  /** Belongs into the write that makes it true. */
  note: { put: key, attributes: {} } satisfies Operation,
  forget: { delete: key } satisfies Operation,

  /** Which note is there; undefined when there is none. */
  async noted(tables: TenantTables): Promise<number | undefined> {
    return (await tables.get(key))?.version
  },

  /** Takes the note away unless another was made since. */
  async done(tables: TenantTables, noted: number): Promise<void> {
    await tables.write({ operations: [{ delete: key, if: { version: noted } }] })
  },
} as const
