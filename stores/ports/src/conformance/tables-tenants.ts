import assert from 'node:assert/strict'
import type { Cases } from './suite.ts'
import { at, drained, event, newTenant, numberOf, put, sortKeys, type WithTables } from './tables-case.ts'

export const tenantCases = (withTables: WithTables): Cases => ({
  'the same keys in two tenants and in control are apart': withTables(async (tables, { opened, tenant }) => {
    const other = opened.tables.forTenant(newTenant())
    const { control } = opened.tables
    const key = at('a', tenant)
    const places = [tables, other, control]
    for (const [n, place] of places.entries()) {
      assert.deepEqual(
        await place.write({ operations: [put(key, { n }, { if: 'absent' })], events: [event('k', n)] }),
        { ok: true },
      )
    }
    for (const [n, place] of places.entries()) {
      assert.deepEqual((await place.get(key))?.attributes, { n })
      assert.deepEqual(await sortKeys(place, tenant), ['a'])
      assert.deepEqual((await drained(place)).map(numberOf), [n])
    }
    await control.write({ operations: [{ delete: key }] })
    assert.equal((await tables.get(key))?.version, 1)
  }),
  'a commit in one tenant is not heard in another': withTables(async (tables, { opened }) => {
    const other = opened.tables.forTenant(newTenant())
    let heard = 0
    const listening = other.outbox.onCommit(() => heard++)
    await tables.write({ operations: [], events: [event('k', 1)] })
    listening[Symbol.dispose]()
    assert.equal(heard, 0)
  }),
  'two handles of one tenant are one': withTables(async (tables, { opened, tenant }) => {
    await tables.write({ operations: [put(at('a'))] })
    assert.equal((await opened.tables.forTenant(tenant).get(at('a')))?.version, 1)
  }),
  'dropping a tenant removes all of it and nothing of others': withTables(async (tables, { opened, tenant }) => {
    const other = opened.tables.forTenant(newTenant())
    for (const place of [tables, other]) await place.write({ operations: [put(at('a'))], events: [event('k', 1)] })
    await opened.tables.control.write({ operations: [put(at('a', tenant))] })
    await opened.tables.dropTenant(tenant)
    await opened.tables.dropTenant(tenant)
    await opened.tables.dropTenant(newTenant())
    for (const place of [tables, opened.tables.forTenant(tenant)]) {
      assert.equal(await place.get(at('a')), undefined)
      assert.deepEqual(await sortKeys(place), [])
      assert.deepEqual(await place.outbox.pending(1), [])
    }
    assert.equal((await other.get(at('a')))?.version, 1)
    assert.equal((await other.outbox.pending(1)).length, 1)
    assert.equal((await opened.tables.control.get(at('a', tenant)))?.version, 1)
  }),
})
