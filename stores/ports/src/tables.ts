import type { EventId, TenantId } from '@koine/base'

/**
 * **tables** — ordered records with conditional atomic writes, and the outbox.
 *
 * Semantics that every engine keeps, and why:
 * - A record lives at `(table, pk, sk)`. `pk` groups, `sk` orders within it, bytewise over UTF-8. Neither `table` nor
 *   `pk` may be empty; no part may hold U+0000 or a lone surrogate. (LMDB's key is the three parts joined by U+0000.)
 * - Reads are strongly consistent: a read that starts after a write resolved sees it.
 * - `write` is all or nothing, serializable, and durable once it resolves. A failed condition is a value in the result.
 *   If it rejects with `timeout` the outcome is unknown: read before trying again, or make the batch conditional.
 * - One batch touches a record at most once (DynamoDB's TransactWriteItems refuses more), with `check` counted.
 * - Each event of a batch counts as two operations: an engine without a global commit order (DynamoDB) orders the events of
 *   one key by a conditional counter beside them.
 * - A record whose `expiresAtMs` has passed is absent to reads and conditions at once, and leaves the disk later.
 * - A number is a finite double. Bytes, well-formed text, booleans, null, arrays and maps nest to 16 levels; `undefined`
 *   isn't a value. A name is not empty and not `__proto__`.
 * - What goes in stays as it is until the call resolves, and is copied by then; what comes out is the reader's own, or frozen.
 */
export interface Tables extends AsyncDisposable {
  /** The control plane's own records: tenants, keys, placement. Holds no tenant data. */
  readonly control: TenantTables
  /** The records of one tenant, and nobody else's. */
  forTenant(tenant: TenantId): TenantTables
  /** Removes everything of the tenant, for ever. Done when it resolves; repeating it is harmless. */
  dropTenant(tenant: TenantId): Promise<void>
}

export interface TenantTables {
  get(key: RecordKey): Promise<TableRecord | undefined>
  /** In the order of `keys`; absent ones are undefined. At most `tableLimits.getManyKeys`. */
  getMany(keys: readonly RecordKey[]): Promise<(TableRecord | undefined)[]>
  query(query: Query): Promise<QueryPage>
  write(batch: WriteBatch): Promise<WriteResult>
  readonly outbox: Outbox
}

export interface RecordKey {
  readonly table: string
  readonly pk: string
  /** Empty when the group holds a single record. */
  readonly sk: string
}

export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue }
export type Attributes = { readonly [name: string]: AttributeValue }

export interface TableRecord {
  readonly key: RecordKey
  readonly attributes: Attributes
  /** 1 when the record is made, one more with each write to it. A record made again starts at 1. */
  readonly version: number
  readonly expiresAtMs?: number
}

export interface Query {
  readonly table: string
  readonly pk: string
  /** Only sort keys at or after this one. */
  readonly from?: string
  /** Only sort keys before this one. */
  readonly before?: string
  readonly direction?: 'ascending' | 'descending'
  /** At most this many records, from 1 to `tableLimits.queryRecords`. A page may be shorter and still have a cursor. */
  readonly limit: number
  /** Where an earlier page of the same query ended. Opaque; `invalid_request` when it is not one of ours. */
  readonly cursor?: string
}

export interface QueryPage {
  readonly records: readonly TableRecord[]
  /** Present when there may be more. */
  readonly cursor?: string
}

export interface WriteBatch {
  readonly operations: readonly Operation[]
  /** Committed with the operations: all or none. Relayed to the log in commit order per key. */
  readonly events?: readonly OutboxEvent[]
}

export type Operation =
  /** Replaces the record. */
  | { readonly put: RecordKey; readonly attributes: Attributes; readonly expiresAtMs?: number; readonly if?: Condition }
  /**
   * Changes some attributes and keeps the others; makes the record when there is none. `add` counts from 0 where the
   * attribute is absent. An attribute appears in one of the three. `expiresAtMs`: null takes the expiry away.
   */
  | {
      readonly update: RecordKey
      readonly set?: Attributes
      readonly add?: { readonly [name: string]: number }
      readonly remove?: readonly string[]
      readonly expiresAtMs?: number | null
      readonly if?: Condition
    }
  | { readonly delete: RecordKey; readonly if?: Condition }
  /** Writes nothing; fails the batch unless the condition holds. */
  | { readonly check: RecordKey; readonly if: Condition }

export type Condition =
  | 'absent'
  | 'present'
  | { readonly version: number }
  /** Every named attribute equals the scalar given; an absent record fails. */
  | { readonly equals: { readonly [name: string]: string | number | boolean | null } }

export type WriteResult =
  | { readonly ok: true }
  /** Indices into `operations` of the conditions that failed, at least one. Nothing was written. */
  | { readonly ok: false; readonly failed: readonly number[] }

export interface OutboxEvent {
  /** Stays the same over every repeat: what a consumer deduplicates on. */
  readonly id: EventId
  readonly topic: string
  /** Events of one (topic, key) keep their order. */
  readonly key: string
  /** The event as JSON text. */
  readonly body: string
}

/** Committed events that have not reached the log yet. One relay a tenant reads it at a time. */
export interface Outbox {
  /**
   * Up to `limit` pending events, oldest first within each (topic, key). An event is never returned ahead of an
   * earlier one of its key.
   * @param after a position that an earlier look ended at: only events that were committed behind it. An engine without
   * one order over all keys may pass it over and begin at the oldest.
   */
  pending(limit: number, after?: string): Promise<readonly PendingEvent[]>
  /** Takes relayed events out. Need not be durable by itself: after a crash they may be pending again. */
  remove(events: readonly PendingEvent[]): Promise<void>
  /** Calls `listener` after each commit that held events. Returns a way to stop. */
  onCommit(listener: () => void): Disposable
}

export interface PendingEvent extends OutboxEvent {
  /** Where the engine keeps it; opaque. */
  readonly position: string
}

/** Bounds that every engine keeps. Over the bytes of a record, an event or a batch it is `too_large`, else `invalid_request`. */
export const tableLimits = {
  /** Operations of a batch, plus two for each event. */
  batchOperations: 100,
  batchBytes: 4 * 1024 * 1024,
  recordBytes: 400 * 1024,
  tableNameBytes: 64,
  partitionKeyBytes: 512,
  sortKeyBytes: 1024,
  getManyKeys: 100,
  queryRecords: 1000,
  queryPageBytes: 1024 * 1024,
  attributeDepth: 16,
} as const
