import { KoineError } from '@koine/base'
import { type Operation, recordBytes, tableLimits, type TableRecord, type TenantTables } from '@koine/stores-ports'
import {
  type PendingOffset,
  pendingOffsetAttributes,
  pendingOffsetKey,
  pendingOffsetRecordKey,
  pendingOffsetsOf,
  readPendingOffset,
} from './pending-offsets.ts'
import { isOpen, type Transaction } from './transaction.ts'
import { readTransaction, transactionAttributes, transactionKey, transactionsGroup } from './transaction-records.ts'

/** A transaction as it stands in the tables. */
export interface Held {
  readonly transaction: Transaction
  /** The record's, which each write names: two processes never both go on from one state. */
  readonly version: number
  /** What the running transaction is to commit, by `pendingOffsetKey`. */
  readonly offsets: ReadonlyMap<string, PendingOffset>
}

/** The transactions of one tenant in its tables. What a method resolves with is durable. */
export class TransactionStore {
  readonly #tables: TenantTables
  readonly #expirationMs: number

  /** @param expirationMs how long an id without an open transaction is kept after its last use */
  constructor(tables: TenantTables, { expirationMs }: { readonly expirationMs: number }) {
    this.#tables = tables
    this.#expirationMs = expirationMs
  }

  async *all(): AsyncGenerator<Held> {
    for await (const record of this.#queryAll(transactionsGroup)) yield await this.#held(record)
  }

  async one(transactionalId: string): Promise<Held | undefined> {
    const record = await this.#tables.get(transactionKey(transactionalId))
    return record && this.#held(record)
  }

  /** Whether the record would be within what a table holds. */
  fits(transaction: Transaction): boolean {
    const bytes = recordBytes(transactionKey(transaction.transactionalId), transactionAttributes(transaction))
    return bytes <= tableLimits.recordBytes
  }

  /**
   * Writes the next state of a transaction, or the first.
   * @throws KoineError `conflict` when somebody else has written meanwhile
   */
  async put(transaction: Transaction, before: Held | undefined): Promise<Held> {
    await this.#write([this.#putting(transaction, before)])
    return { transaction, version: (before?.version ?? 0) + 1, offsets: before?.offsets ?? new Map() }
  }

  /** Notes offsets that the transaction is to commit. A failure may leave some of them noted. */
  async addOffsets(held: Held, offsets: readonly PendingOffset[]): Promise<Held> {
    const { transactionalId, producerId } = held.transaction
    // A batch touches a record once; the last offset of a partition counts.
    const byKey = new Map(offsets.map((offset) => [pendingOffsetKey(offset), offset]))
    const puts = [...byKey.values()].map((offset): Operation => ({
      put: pendingOffsetRecordKey(producerId, offset),
      attributes: pendingOffsetAttributes(offset),
    }))
    const check: Operation = { check: transactionKey(transactionalId), if: { version: held.version } }
    for (const part of inBatches(puts)) await this.#write([check, ...part])
    return { ...held, offsets: new Map([...held.offsets, ...byKey]) }
  }

  /** Writes the last state of a transaction, whose offsets have become the groups' or come to nothing. */
  async complete(transaction: Transaction, before: Held): Promise<Held> {
    const { producerId } = before.transaction
    const deletes = [...before.offsets.values()].map((offset): Operation => ({
      delete: pendingOffsetRecordKey(producerId, offset),
    }))
    const parts = inBatches(deletes)
    const last = parts.pop() ?? []
    for (const part of parts) await this.#write(part)
    await this.#write([this.#putting(transaction, before), ...last])
    return { transaction, version: before.version + 1, offsets: new Map() }
  }

  /** Forgets an id without an open transaction. */
  async forget({ transaction, version }: Held): Promise<void> {
    await this.#write([{ delete: transactionKey(transaction.transactionalId), if: { version } }])
  }

  isExpired({ transaction }: Held, nowMs: number): boolean {
    const expiresAtMs = this.#expiresAtMs(transaction)
    return expiresAtMs !== undefined && expiresAtMs <= nowMs
  }

  #expiresAtMs(transaction: Transaction): number | undefined {
    return isOpen(transaction) ? undefined : transaction.updatedAtMs + this.#expirationMs
  }

  #putting(transaction: Transaction, before: Held | undefined): Operation {
    const expiresAtMs = this.#expiresAtMs(transaction)
    return {
      put: transactionKey(transaction.transactionalId),
      attributes: transactionAttributes(transaction),
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      if: before ? { version: before.version } : 'absent',
    }
  }

  async #write(operations: readonly Operation[]): Promise<void> {
    const { ok } = await this.#tables.write({ operations })
    if (!ok) throw new KoineError('conflict', 'The transaction was changed by somebody else meanwhile.')
  }

  async #held({ key, attributes, version }: TableRecord): Promise<Held> {
    const transaction = readTransaction(key.sk, attributes)
    return { transaction, version, offsets: isOpen(transaction) ? await this.#offsets(transaction) : new Map() }
  }

  async #offsets({ producerId }: Transaction): Promise<ReadonlyMap<string, PendingOffset>> {
    const offsets = new Map<string, PendingOffset>()
    for await (const { key, attributes } of this.#queryAll(pendingOffsetsOf(producerId))) {
      offsets.set(key.sk, readPendingOffset(attributes))
    }
    return offsets
  }

  async *#queryAll(group: { readonly table: string; readonly pk: string }): AsyncGenerator<TableRecord> {
    let cursor: string | undefined
    do {
      const page = await this.#tables.query({ ...group, limit: tableLimits.queryRecords, ...(cursor && { cursor }) })
      yield* page.records
      cursor = page.cursor
    } while (cursor)
  }
}

/** With room for one more operation in each. */
function inBatches(operations: readonly Operation[]): Operation[][] {
  const size = tableLimits.batchOperations - 1
  const count = Math.ceil(operations.length / size)
  return Array.from({ length: count }, (_, index) => operations.slice(index * size, (index + 1) * size))
}
