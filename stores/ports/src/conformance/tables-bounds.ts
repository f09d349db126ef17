import assert from 'node:assert/strict'
import type { ErrorCode, EventId } from '@koine/base'
import {
  type Attributes,
  type AttributeValue,
  type Operation,
  type Query,
  tableLimits,
  type WriteBatch,
} from '../tables.ts'
import type { Cases } from './suite.ts'
import { at, event, put, rejection, type WithTables } from './tables-case.ts'

/** What only a caller without types could pass. */
const untyped = (value: unknown): AttributeValue => value as AttributeValue

function nested(levels: number): AttributeValue {
  let value: AttributeValue = 'end'
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value }
  return value
}

const { recordBytes, batchBytes, batchOperations, attributeDepth } = tableLimits
const longest = {
  table: 't'.repeat(tableLimits.tableNameBytes),
  pk: 'p'.repeat(tableLimits.partitionKeyBytes),
  sk: 's'.repeat(tableLimits.sortKeyBytes),
}
const attributes = (value: unknown): WriteBatch => ({ operations: [put(at('a'), { value: untyped(value) })] })
const one = (operation: unknown): WriteBatch => ({ operations: [operation as Operation] })
const events = (count: number): WriteBatch['events'] => Array.from({ length: count }, (_, i) => event('k', i))
const puts = (count: number, value: Attributes = {}): Operation[] =>
  Array.from({ length: count }, (_, i) => put(at(String(i)), value))

const refused: readonly (readonly [string, ErrorCode, WriteBatch])[] = [
  ['an empty table name', 'invalid_request', one(put(at('a', 'g', '')))],
  ['an empty partition key', 'invalid_request', one(put(at('a', '')))],
  ['a sort key that is no text', 'invalid_request', one(put({ ...at('a'), sk: undefined as unknown as string }))],
  ['U+0000 in a table name', 'invalid_request', one(put(at('a', 'g', 't\0')))],
  ['U+0000 in a partition key', 'invalid_request', one({ delete: at('a', '\0') })],
  ['U+0000 in a sort key', 'invalid_request', one({ check: at('a\0'), if: 'absent' })],
  ['a lone surrogate in a key', 'invalid_request', one({ update: at('\ud800') })],
  ['a table name over its bytes', 'invalid_request', one(put({ ...longest, table: `${longest.table}t` }))],
  ['a partition key over its bytes', 'invalid_request', one(put({ ...longest, pk: 'é'.repeat(257) }))],
  ['a sort key over its bytes', 'invalid_request', one(put({ ...longest, sk: '文'.repeat(342) }))],
  ['more operations than a batch holds', 'invalid_request', { operations: puts(batchOperations + 1) }],
  ['more events than a batch holds', 'invalid_request', { operations: [], events: events(batchOperations / 2 + 1)! }],
  ['events counted as two', 'invalid_request', { operations: puts(batchOperations - 1), events: events(1)! }],
  ['a record over its bytes', 'too_large', attributes('x'.repeat(recordBytes))],
  ['a record over its bytes in UTF-8', 'too_large', attributes('文'.repeat(recordBytes / 3))],
  ['a record over its bytes of bytes', 'too_large', attributes(new Uint8Array(recordBytes))],
  ['an update over the bytes of a record', 'too_large', one({ update: at('a'), set: { v: 'x'.repeat(recordBytes) } })],
  ['a batch over its bytes', 'too_large', { operations: puts(12, { v: 'x'.repeat(batchBytes / 12) }) }],
  [
    'an event over its bytes',
    'too_large',
    { operations: [], events: [{ ...event('k', 1), body: 'x'.repeat(recordBytes) }] },
  ],
  ['attributes nested too deep', 'invalid_request', attributes(nested(attributeDepth))],
  ['attributes nested far too deep', 'invalid_request', attributes(nested(100_000))],
  ['undefined', 'invalid_request', attributes(undefined)],
  ['undefined in a list', 'invalid_request', attributes([undefined])],
  ['NaN', 'invalid_request', attributes(Number.NaN)],
  ['infinity', 'invalid_request', attributes({ n: Number.POSITIVE_INFINITY })],
  ['a bigint', 'invalid_request', attributes(1n)],
  ['a date', 'invalid_request', attributes(new Date(0))],
  ['a map object', 'invalid_request', attributes(new Map())],
  ['a lone surrogate in text', 'invalid_request', attributes('\udc00')],
  ['an empty attribute name', 'invalid_request', one(put(at('a'), { '': 1 }))],
  ['an attribute named __proto__', 'invalid_request', one(put(at('a'), JSON.parse('{"__proto__":1}') as Attributes))],
  ['an attribute named twice in an update', 'invalid_request', one({ update: at('a'), set: { n: 1 }, add: { n: 1 } })],
  [
    'an attribute removed and set in an update',
    'invalid_request',
    one({ update: at('a'), set: { n: 1 }, remove: ['n'] }),
  ],
  ['adding what is not a number', 'invalid_request', one({ update: at('a'), add: { n: '1' } })],
  ['adding NaN', 'invalid_request', one({ update: at('a'), add: { n: Number.NaN } })],
  ['an expiry that is no whole number', 'invalid_request', one(put(at('a'), {}, { expiresAtMs: 1.5 }))],
  ['a condition on version 0', 'invalid_request', one(put(at('a'), {}, { if: { version: 0 } }))],
  ['a condition on a list', 'invalid_request', one({ check: at('a'), if: { equals: { list: [] } } })],
  ['a check without a condition', 'invalid_request', one({ check: at('a') })],
  ['an event without a topic', 'invalid_request', { operations: [], events: [{ ...event('k', 1), topic: '' }] }],
  ['an event without an id', 'invalid_request', { operations: [], events: [{ ...event('k', 1), id: '' as EventId }] }],
]

const queries: readonly (readonly [string, Partial<Query>])[] = [
  ['limit 0', { limit: 0 }],
  ['a limit that is no whole number', { limit: 1.5 }],
  ['a limit over the bound', { limit: tableLimits.queryRecords + 1 }],
  ['an empty partition key', { pk: '' }],
  ['U+0000 in a bound', { from: '\0' }],
  ['a lone surrogate in a bound', { before: '\ud83c' }],
  ['an unknown direction', { direction: 'sideways' as 'ascending' }],
]

export const boundCases = (withTables: WithTables): Cases => ({
  'a batch over the bounds is refused and nothing of it written': withTables(async (tables) => {
    for (const [what, code, batch] of refused) {
      const withMore =
        batch.operations.length < batchOperations ? [put(at('more')), ...batch.operations] : batch.operations
      await assert.rejects(tables.write({ ...batch, operations: withMore }), rejection(code), what)
    }
    assert.equal(await tables.get(at('more')), undefined)
    assert.deepEqual(await tables.outbox.pending(1), [])
  }),
  'a batch at the bounds is written': withTables(async (tables) => {
    const atBounds: readonly WriteBatch[] = [
      one(put(longest, { n: 1 })),
      { operations: puts(batchOperations) },
      { operations: puts(batchOperations - 2), events: events(1)! },
      { operations: [], events: events(batchOperations / 2)! },
      attributes('x'.repeat(recordBytes - 1024)),
      attributes(nested(attributeDepth - 1)),
      { operations: puts(10, { v: 'x'.repeat(batchBytes / 11) }) },
    ]
    for (const batch of atBounds) assert.deepEqual(await tables.write(batch), { ok: true })
    assert.deepEqual((await tables.get(longest))?.key, longest)
    const page = await tables.query({ table: longest.table, pk: longest.pk, limit: 1 })
    assert.deepEqual(
      page.records.map(({ key }) => key),
      [longest],
    )
  }),
  'an update that makes a record outgrow its bytes is refused, and the whole batch with it': withTables(
    async (tables) => {
      const half = 'x'.repeat(recordBytes / 2)
      await tables.write({ operations: [put(at('a'), { half })] })
      const operations = [put(at('b')), { update: at('a'), set: { other: half } }]
      await assert.rejects(tables.write({ operations }), rejection('too_large'))
      assert.deepEqual(
        (await tables.getMany([at('a'), at('b')])).map((record) => record?.version),
        [1, undefined],
      )
    },
  ),
  'reads over the bounds are refused': withTables(async (tables) => {
    await assert.rejects(tables.get(at('a', '')), rejection('invalid_request'))
    await assert.rejects(tables.get(at('a\0')), rejection('invalid_request'))
    const keys = Array.from({ length: tableLimits.getManyKeys }, (_, i) => at(String(i)))
    assert.equal((await tables.getMany(keys)).length, keys.length)
    await assert.rejects(tables.getMany([...keys, at('more')]), rejection('invalid_request'))
    for (const [what, query] of queries) {
      await assert.rejects(tables.query({ ...at('a'), limit: 1, ...query }), rejection('invalid_request'), what)
    }
    assert.deepEqual(await tables.query({ table: 'things', pk: 'g', limit: tableLimits.queryRecords }), { records: [] })
    await assert.rejects(tables.outbox.pending(0), rejection('invalid_request'))
  }),
})
