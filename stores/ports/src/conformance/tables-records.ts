import assert from 'node:assert/strict'
import type { Attributes } from '../tables.ts'
import type { Cases } from './suite.ts'
import { at, put, rejection, stateOf, type WithTables } from './tables-case.ts'

const everyKind: Attributes = {
  text: 'κοινή 🌍',
  nothing: '',
  whole: 42,
  negative: -1.5,
  large: Number.MAX_SAFE_INTEGER,
  larger: 1e21,
  fraction: 0.1,
  zero: 0,
  yes: true,
  no: false,
  none: null,
  bytes: Uint8Array.of(0, 1, 254, 255),
  noBytes: new Uint8Array(0),
  list: [1, 'two', [3], { four: 4 }, null, Uint8Array.of(5)],
  map: { inner: { list: [], map: {} }, 'with space': 1, ключ: 2 },
  constructor: 'an ordinary name',
  toString: 'another',
}

export const recordCases = (withTables: WithTables): Cases => ({
  'a record comes back as it was put, whatever kinds of values it holds': withTables(async (tables) => {
    assert.deepEqual(await tables.write({ operations: [put(at('a'), everyKind)] }), { ok: true })
    const record = await tables.get(at('a'))
    assert.deepEqual(record?.key, at('a'))
    assert.equal(record.version, 1)
    assert.equal('expiresAtMs' in record, false)
    assert.deepEqual(plain(record.attributes), plain(everyKind))
  }),
  'an absent record is undefined': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'))] })
    assert.equal(await tables.get(at('b')), undefined)
    assert.equal(await tables.get(at('a', 'other')), undefined)
    assert.equal(await tables.get(at('a', 'group', 'others')), undefined)
  }),
  'the sort key may be empty': withTables(async (tables) => {
    await tables.write({ operations: [put(at(''), { only: true })] })
    assert.deepEqual((await tables.get(at('')))?.attributes, { only: true })
  }),
  'a put replaces the whole record': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), { a: 1, b: 2 })] })
    await tables.write({ operations: [put(at('a'), { b: 3 })] })
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: { b: 3 }, version: 2 })
  }),
  'each write to a record counts its version, and one made again starts at 1': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'))] })
    await tables.write({ operations: [{ update: at('a'), set: { n: 1 } }] })
    await tables.write({ operations: [{ update: at('a') }] })
    await tables.write({ operations: [put(at('a'))] })
    assert.equal((await tables.get(at('a')))?.version, 4)
    await tables.write({ operations: [{ check: at('a'), if: 'present' }] })
    assert.equal((await tables.get(at('a')))?.version, 4)
    await tables.write({ operations: [{ delete: at('a') }] })
    assert.equal(await tables.get(at('a')), undefined)
    await tables.write({ operations: [put(at('a'))] })
    assert.equal((await tables.get(at('a')))?.version, 1)
  }),
  'deleting what is absent is harmless': withTables(async (tables) => {
    assert.deepEqual(await tables.write({ operations: [{ delete: at('a') }] }), { ok: true })
    assert.equal(await tables.get(at('a')), undefined)
  }),
  'an update sets, adds and removes, and keeps the rest': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), { kept: [1], set: 1, added: 5, removed: true })] })
    const operation = {
      update: at('a'),
      set: { set: { deep: 2 } },
      add: { added: -7, fresh: 2.5 },
      remove: ['removed', 'never'],
    }
    assert.deepEqual(await tables.write({ operations: [operation] }), { ok: true })
    assert.deepEqual(stateOf(await tables.get(at('a'))), {
      attributes: { kept: [1], set: { deep: 2 }, added: -2, fresh: 2.5 },
      version: 2,
    })
  }),
  'an update makes the record when there is none, counting from 0': withTables(async (tables) => {
    await tables.write({ operations: [{ update: at('a'), set: { s: 'x' }, add: { n: 3 }, remove: ['r'] }] })
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: { s: 'x', n: 3 }, version: 1 })
    await tables.write({ operations: [{ update: at('b') }] })
    assert.deepEqual(stateOf(await tables.get(at('b'))), { attributes: {}, version: 1 })
  }),
  'names that objects have by birth are ordinary in an update': withTables(async (tables) => {
    await tables.write({
      operations: [{ update: at('a'), set: { toString: 'text' }, add: { constructor: 1, valueOf: 2 } }],
    })
    const record = await tables.get(at('a'))
    assert.deepEqual(
      new Map(Object.entries(record!.attributes)),
      new Map<string, unknown>([
        ['constructor', 1],
        ['toString', 'text'],
        ['valueOf', 2],
      ]),
    )
  }),
  'counting on what is not a number is refused, and the whole batch with it': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), { n: 'text' })] })
    const operations = [put(at('b')), { update: at('a'), add: { n: 1 } }]
    await assert.rejects(tables.write({ operations }), rejection('invalid_request'))
    assert.equal(await tables.get(at('b')), undefined)
    assert.equal((await tables.get(at('a')))?.version, 1)
  }),
  'many records are read in the order of their keys, absent and repeated ones too': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), { n: 1 }), put(at('b', 'other'), { n: 2 })] })
    const records = await tables.getMany([at('b', 'other'), at('none'), at('a'), at('b', 'other')])
    assert.deepEqual(
      records.map((record) => record?.attributes),
      [{ n: 2 }, undefined, { n: 1 }, { n: 2 }],
    )
    assert.deepEqual(await tables.getMany([]), [])
  }),
  'what was written can no longer be changed through the objects it came from': withTables(async (tables) => {
    const attributes = { list: [1], map: { n: 1 }, bytes: Uint8Array.of(1) }
    const key = { ...at('a') }
    const set = { list: [1] }
    await tables.write({ operations: [put(key, attributes), { update: at('b'), set }] })
    attributes.list.push(2)
    attributes.map.n = 2
    attributes.bytes[0] = 2
    set.list.push(2)
    key.sk = 'z'
    assert.deepEqual(plain((await tables.get(at('a')))!.attributes), { list: [1], map: { n: 1 }, bytes: 'bytes 1' })
    assert.deepEqual((await tables.get(at('a')))!.key, at('a'))
    assert.deepEqual((await tables.get(at('b')))!.attributes, { list: [1] })
  }),
  'what was read can be changed only by the reader, for itself': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), { map: { n: 1 }, bytes: Uint8Array.of(1) })] })
    const record = (await tables.get(at('a')))!
    ;(record.attributes.bytes as Uint8Array)[0] = 2
    try {
      ;(record.attributes.map as { n: number }).n = 2
    } catch {
      // The adapter gives out frozen records: as good.
    }
    assert.deepEqual(plain((await tables.get(at('a')))!.attributes), { map: { n: 1 }, bytes: 'bytes 1' })
  }),
  'a batch without operations is written': withTables(async (tables) => {
    assert.deepEqual(await tables.write({ operations: [] }), { ok: true })
  }),
  'what was written is there after the engine was closed and opened again': withTables(
    async (tables, { opened, tenant }) => {
      await tables.write({ operations: [put(at('a'), everyKind), put(at('b'), { n: 1 }, { expiresAtMs: 1 })] })
      if (!opened.reopen) return
      await opened.reopen()
      const again = opened.tables.forTenant(tenant)
      assert.deepEqual(plain((await again.get(at('a')))!.attributes), plain(everyKind))
      assert.equal(await again.get(at('b')), undefined)
    },
  ),
})

/** The attributes with bytes as text and maps as own entries, so that classes and prototypes don't tell them apart. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${value.join(' ')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}
