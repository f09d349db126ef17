import assert from 'node:assert/strict'
import type { Cases } from './suite.ts'
import { at, put, sortKeys, stateOf, type WithTables } from './tables-case.ts'

export const expiryCases = (withTables: WithTables): Cases => ({
  'an expired record is absent to every read at once': withTables(async (tables, { opened: { clock } }) => {
    const expiresAtMs = clock.now() + 1000
    await tables.write({ operations: [put(at('a'), { n: 1 }, { expiresAtMs }), put(at('b'))] })
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: { n: 1 }, version: 1, expiresAtMs })
    clock.advance(999)
    assert.deepEqual(await sortKeys(tables), ['a', 'b'])
    clock.advance(1)
    assert.equal(await tables.get(at('a')), undefined)
    assert.deepEqual(
      (await tables.getMany([at('a'), at('b')])).map((record) => record?.key.sk),
      [undefined, 'b'],
    )
    assert.deepEqual(await sortKeys(tables), ['b'])
  }),
  'an expired record is absent to conditions at once': withTables(async (tables, { opened: { clock } }) => {
    await tables.write({ operations: [put(at('a'), { n: 1 }, { expiresAtMs: clock.now() + 1000 })] })
    clock.advance(1000)
    for (const condition of ['present', { version: 1 }, { equals: { n: 1 } }] as const) {
      const result = await tables.write({ operations: [{ check: at('a'), if: condition }] })
      assert.deepEqual(result, { ok: false, failed: [0] })
    }
    assert.deepEqual(await tables.write({ operations: [put(at('a'), { m: 1 }, { if: 'absent' })] }), { ok: true })
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: { m: 1 }, version: 1 })
  }),
  'an update of an expired record makes it anew': withTables(async (tables, { opened: { clock } }) => {
    await tables.write({ operations: [put(at('a'), { n: 5, old: 1 }, { expiresAtMs: clock.now() + 1000 })] })
    clock.advance(5000)
    await tables.write({ operations: [{ update: at('a'), add: { n: 1 } }] })
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: { n: 1 }, version: 1 })
  }),
  'a record written as expired already is absent': withTables(async (tables, { opened: { clock } }) => {
    await tables.write({ operations: [put(at('a'), {}, { expiresAtMs: clock.now() })] })
    assert.equal(await tables.get(at('a')), undefined)
  }),
  'a put says anew whether a record expires': withTables(async (tables, { opened: { clock } }) => {
    await tables.write({ operations: [put(at('a'), {}, { expiresAtMs: clock.now() + 1000 })] })
    await tables.write({ operations: [put(at('a'))] })
    clock.advance(2000)
    assert.deepEqual(stateOf(await tables.get(at('a'))), { attributes: {}, version: 2 })
  }),
  'an update keeps the expiry, moves it, or takes it away': withTables(async (tables, { opened: { clock } }) => {
    const expiresAtMs = clock.now() + 1000
    await tables.write({ operations: ['keep', 'move', 'end'].map((sk) => put(at(sk), {}, { expiresAtMs })) })
    await tables.write({
      operations: [
        { update: at('keep'), set: { n: 1 } },
        { update: at('move'), expiresAtMs: expiresAtMs + 1000 },
        { update: at('end'), expiresAtMs: null },
      ],
    })
    assert.deepEqual(
      (await tables.getMany(['keep', 'move', 'end'].map((sk) => at(sk)))).map((record) => record?.expiresAtMs),
      [expiresAtMs, expiresAtMs + 1000, undefined],
    )
    clock.advance(1000)
    assert.deepEqual(await sortKeys(tables), ['end', 'move'])
    clock.advance(1000)
    assert.deepEqual(await sortKeys(tables), ['end'])
  }),
})
