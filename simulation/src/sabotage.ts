import type {
  Operation,
  PendingEvent,
  TableRecord,
  TenantLog,
  TenantScope,
  TenantTables,
  WriteBatch,
} from '@koine/stores-ports'
import type { Sabotage } from './server.ts'

/**
 * Broken pieces, for the tests that prove the checkers bite. Each stands for a bug that someone could make in a store, in
 * messaging or in the relay.
 */
export const sabotages = {
  /** Two nodes give out the same number. */
  headConditionIgnored: onWrites((batch) => withoutConditions(batch, 'conversation-heads')),

  /** A repeated send makes a second message. */
  namesForgotten: onWrites((batch) => withoutConditions(batch, 'sent-messages')),

  /** Two nodes make a conversation for one pair. */
  pairConditionIgnored: onWrites((batch) => withoutConditions(batch, 'direct-conversations')),

  /** A batch is half written: without its events. */
  eventsNotCommitted: onWrites((batch) => ({ operations: batch.operations })),

  /** Now and then a write is acknowledged and never made. */
  writesLost: (scope) => {
    let writes = 0
    return withTables(scope, (tables) => ({
      write: async (batch) => (++writes % 20 === 0 ? { ok: true } : tables.write(batch)),
    }))
  },

  /** Read positions are acknowledged and not kept. */
  positionsLost: onWrites((batch) => ({
    ...batch,
    operations: batch.operations.filter((operation) => tableOf(operation) !== 'read-positions'),
  })),

  /** What a user's log was told is forgotten: it is told again. */
  toldForgotten: onWrites((batch) => ({
    ...batch,
    operations: batch.operations.filter((operation) => tableOf(operation) !== 'user-told'),
  })),

  /** A page leaves out its last message and says that it is whole. */
  pagesTooShort: (scope) =>
    withTables(scope, (tables) => ({
      query: async (query) => {
        const page = await tables.query(query)
        return query.table === 'messages' && page.records.length > 3 ? { records: page.records.slice(0, -1) } : page
      },
    })),

  /** Readers see different texts at one number. */
  readersDiffer: (scope) => {
    let queries = 0
    return withTables(scope, (tables) => ({
      query: async (query) => {
        const page = await tables.query(query)
        if (query.table !== 'messages' || ++queries % 2 === 0) return page
        const change = (record: TableRecord): TableRecord => ({
          ...record,
          attributes: { ...record.attributes, t: 'something else' },
        })
        return { ...page, records: page.records.map(change) }
      },
    }))
  },

  /** Events leave the outbox before they are in the log. */
  removedBeforeAppended: onOutbox((tables) => ({
    pending: async (limit) => {
      const events = await tables.outbox.pending(limit)
      await tables.outbox.remove(events)
      return events
    },
  })),

  /** The outbox hands out the later events of a key first. */
  eventsReordered: onOutbox((tables) => ({
    pending: async (limit): Promise<readonly PendingEvent[]> => (await tables.outbox.pending(limit)).toReversed(),
  })),

  /** The log says that it has appended, and has not. */
  appendsLost: (scope) => {
    let appends = 0
    return withLog(scope, (log) => ({
      append: async (at, batches) =>
        ++appends % 10 === 0 ? { ok: true, baseOffset: 0, startOffset: 0 } : log.append(at, batches),
    }))
  },
} satisfies Record<string, Sabotage>

/** Both tenants work on the records of the first. */
export function sharedTables(): Sabotage {
  let first: TenantTables | undefined
  return (scope) => ({ ...scope, tables: (first ??= scope.tables) })
}

function onWrites(change: (batch: WriteBatch) => WriteBatch): Sabotage {
  return (scope) => withTables(scope, (tables) => ({ write: (batch) => tables.write(change(batch)) }))
}

function onOutbox(change: (tables: TenantTables) => Partial<TenantTables['outbox']>): Sabotage {
  return (scope) =>
    withTables(scope, (tables) => {
      const { outbox } = tables
      return {
        outbox: {
          pending: (limit, after) => outbox.pending(limit, after),
          remove: (events) => outbox.remove(events),
          onCommit: (listener) => outbox.onCommit(listener),
          ...change(tables),
        },
      }
    })
}

function withTables(scope: TenantScope, change: (tables: TenantTables) => Partial<TenantTables>): TenantScope {
  const { tables } = scope
  return {
    ...scope,
    tables: {
      get: (key) => tables.get(key),
      getMany: (keys) => tables.getMany(keys),
      query: (query) => tables.query(query),
      write: (batch) => tables.write(batch),
      outbox: tables.outbox,
      ...change(tables),
    },
  }
}

function withLog(scope: TenantScope, change: (log: TenantLog) => Partial<TenantLog>): TenantScope {
  const { log } = scope
  const changed = change(log)
  const broken = new Proxy(log, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in changed ? changed : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...scope, log: broken }
}

function withoutConditions({ operations, events = [] }: WriteBatch, table: string): WriteBatch {
  const loosened = operations.map((operation): Operation => {
    if (tableOf(operation) !== table || !('put' in operation)) return operation
    return { put: operation.put, attributes: operation.attributes }
  })
  return { operations: loosened, events }
}

function tableOf(operation: Operation): string {
  if ('put' in operation) return operation.put.table
  if ('update' in operation) return operation.update.table
  return 'delete' in operation ? operation.delete.table : operation.check.table
}
