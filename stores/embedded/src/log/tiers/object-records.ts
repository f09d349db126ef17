import type { Attributes, RecordKey, TableRecord, TenantTables } from '@koine/stores-ports'
import { queryAll } from '../query-all.ts'

/**
 * What is known of a sequence's object, durable before each step that it tells of:
 *
 * - `copy-started`: an object may be there, or a part of it; it doesn't count.
 * - `copied`: the object is whole and was read back. It counts as a generation of the segment like one on the local disk.
 * - `deleting`: the object may still be there; it never counts again.
 * - `gone`: there is none. It is kept for as long as the segment is, for its generation: no key is ever used twice, so
 *   that a write which the blob store carries out late can't be taken for a later one.
 */
export type ObjectState = 'copy-started' | 'copied' | 'deleting' | 'gone'

export interface ObjectRecord {
  readonly sequence: number
  readonly generation: number
  /** Of the segment on the local disk that it is, or is to be, a copy of. */
  readonly copyOf: number
  readonly state: ObjectState
  /** Of the object: header and frames, and the footer behind them. */
  readonly segmentBytes: number
  readonly footerBytes: number
  readonly copiedAtMs: number
}

const recordsKey = { table: 'log.objects', pk: 'objects' } as const
const keyOf = (sequence: number): RecordKey => ({ ...recordsKey, sk: String(sequence).padStart(16, '0') })

/** The objects of a tenant's segments, by sequence, in its tables and in memory. */
export class ObjectRecords {
  readonly #tables: TenantTables
  readonly #records: Map<number, ObjectRecord>

  /** An object whose copying was under way is to be deleted: nobody knows how far it came. */
  static async load(tables: TenantTables): Promise<ObjectRecords> {
    const records = new Map<number, ObjectRecord>()
    for await (const found of queryAll(tables, recordsKey)) {
      const record = recordFrom(found)
      const isUnfinished = record.state === 'copy-started'
      records.set(record.sequence, isUnfinished ? { ...record, state: 'deleting' } : record)
    }
    return new ObjectRecords(tables, records)
  }

  private constructor(tables: TenantTables, records: Map<number, ObjectRecord>) {
    this.#tables = tables
    this.#records = records
  }

  of(sequence: number): ObjectRecord | undefined {
    return this.#records.get(sequence)
  }

  /** The object that counts, if there is one. */
  copied(sequence: number): ObjectRecord | undefined {
    const record = this.#records.get(sequence)
    return record?.state === 'copied' ? record : undefined
  }

  all(state: ObjectState): ObjectRecord[] {
    return [...this.#records.values()].filter((record) => record.state === state)
  }

  /**
   * Writes where an object has got to. When that fails, either may stand in the tables: the object is then to be deleted,
   * whatever it was.
   */
  async note(record: ObjectRecord): Promise<void> {
    // Nobody may go by what it was before as soon as it is to be deleted.
    if (record.state === 'deleting') this.#records.set(record.sequence, record)
    try {
      await this.#tables.write({ operations: [{ put: keyOf(record.sequence), attributes: attributesOf(record) }] })
    } catch (error) {
      this.#records.set(record.sequence, { ...record, state: 'deleting' })
      throw error
    }
    this.#records.set(record.sequence, record)
  }

  /** Forgets an object that is gone, of a segment that is too. */
  async forget(sequence: number): Promise<void> {
    await this.#tables.write({ operations: [{ delete: keyOf(sequence) }] })
    this.#records.delete(sequence)
  }
}

/** Removes the records of all objects. */
export async function dropObjectRecords(tables: TenantTables): Promise<void> {
  for await (const { key } of queryAll(tables, recordsKey)) await tables.write({ operations: [{ delete: key }] })
}

function attributesOf(record: ObjectRecord): Attributes {
  const { generation, copyOf, state, segmentBytes, footerBytes, copiedAtMs } = record
  return { generation, copyOf, state, segmentBytes, footerBytes, copiedAtMs }
}

function recordFrom({ key, attributes }: TableRecord): ObjectRecord {
  const { generation, copyOf, state, segmentBytes, footerBytes, copiedAtMs } = attributes as unknown as ObjectRecord
  return { sequence: Number(key.sk), generation, copyOf, state, segmentBytes, footerBytes, copiedAtMs }
}
