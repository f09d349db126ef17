import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError, tenantIds } from '@koine/base'
import { seededRandomness } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { tablesConformance } from '../conformance/index.ts'
import { MemoryTables } from './memory-tables.ts'

tablesConformance({
  name: 'memory',
  open: async () => {
    const clock = new ManualClock()
    return { tables: new MemoryTables({ clock }), clock, close: async () => {} }
  },
})

const clock = new ManualClock()
const tenant = tenantIds.make({ clock, randomness: seededRandomness(1) })
const key = { table: 't', pk: 'p', sk: '' }
const failingAt = (place: 'before' | 'after', failing: string) => ({
  before: (operation: string) => fail(place === 'before' && operation === failing),
  after: (operation: string) => fail(place === 'after' && operation === failing),
})

function fail(now: boolean): void {
  if (now) throw new KoineError('unavailable', 'A fault of the test.')
}

test('a fault before a write keeps it from happening', async () => {
  const tables = new MemoryTables({ clock, faults: failingAt('before', 'tables.write') }).forTenant(tenant)
  await assert.rejects(tables.write({ operations: [{ put: key, attributes: {} }] }), { code: 'unavailable' })
  assert.equal(await tables.get(key), undefined)
})

test('a fault after a write leaves it done and its caller in doubt', async () => {
  const tables = new MemoryTables({ clock, faults: failingAt('after', 'tables.write') }).forTenant(tenant)
  await assert.rejects(tables.write({ operations: [{ put: key, attributes: {} }] }), { code: 'unavailable' })
  assert.equal((await tables.get(key))?.version, 1)
})

test('every operation can be made to fail by its name', async () => {
  const names: string[] = []
  const faults = { before: (operation: string) => void names.push(operation), after: () => {} }
  const all = new MemoryTables({ clock, faults })
  const tables = all.forTenant(tenant)
  await tables.get(key)
  await tables.getMany([key])
  await tables.query({ ...key, limit: 1 })
  await tables.write({ operations: [] })
  await tables.outbox.pending(1)
  await tables.outbox.remove([])
  await all.dropTenant(tenant)
  assert.deepEqual(names, [
    'tables.get',
    'tables.getMany',
    'tables.query',
    'tables.write',
    'outbox.pending',
    'outbox.remove',
    'tables.dropTenant',
  ])
})
