import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock, systemRandomness, type TenantId, tenantIds } from '@koine/base'
import { ManualClock, temporaryDirectory, until } from '@koine/base/testing'
import { checkBatch, noFaults, type WriteBatch } from '@koine/stores-ports'
import type { LogFiles } from '../log/log-files.ts'
import { systemFiles } from '../log/system-files.ts'
import { openEntryStore } from './entry-store.ts'
import { EnvironmentPool } from './environment-pool.ts'
import { LmdbTables } from './lmdb-tables.ts'

const key = { table: 't', pk: 'p', sk: '' }
const batch: WriteBatch = { operations: [{ update: key, add: { n: 1 } }] }
const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness: systemRandomness })

test('environments open when they are used, and the one used longest ago closes for another', async () => {
  await using place = temporaryDirectory()
  const pool = new EnvironmentPool({
    clock: systemClock,
    files: systemFiles,
    faults: noFaults,
    pendingBytesMax: 1e6,
    openMax: 3,
  })
  const write = (name: string) => pool.use(join(place.path, name), (one) => one.write(batch, checkBatch(batch)))
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) {
      await write(String(i))
      assert.ok(pool.size <= 3)
    }
  }
  for (let i = 0; i < 10; i++) {
    assert.equal((await pool.use(join(place.path, String(i)), (one) => one.get(key)))?.attributes.n, 3)
  }
  await pool.close()
  assert.equal(pool.size, 0)
})

test('an environment that somebody waits for is not closed for another', async () => {
  await using place = temporaryDirectory()
  const held = Promise.withResolvers<void>()
  const faults = { before: () => held.promise, after: () => {} }
  const pool = new EnvironmentPool({ clock: systemClock, files: systemFiles, faults, pendingBytesMax: 1e6, openMax: 2 })
  const writes = Array.from({ length: 4 }, (_, i) =>
    pool.use(join(place.path, String(i)), (one) => one.write(batch, checkBatch(batch))),
  )
  await until('all four are open', () => pool.size === 4)
  held.resolve()
  for (const result of await Promise.all(writes)) assert.deepEqual(result, { ok: true })
  await pool.use(join(place.path, '4'), (one) => one.get(key))
  assert.ok(pool.size <= 2, 'Once nobody waits for them, they close.')
  await pool.close()
})

test('environments that are opened at once stay within the bound, and so does a pool that opens no more', async () => {
  await using place = temporaryDirectory()
  const pool = new EnvironmentPool({
    clock: systemClock,
    files: systemFiles,
    faults: noFaults,
    pendingBytesMax: 1e6,
    openMax: 3,
  })
  let most = 0
  const look = async (number: number): Promise<void> => {
    await pool.use(join(place.path, String(number)), () => {
      most = Math.max(most, pool.size)
    })
  }
  await Promise.all(Array.from({ length: 30 }, (_, number) => look(number)))
  assert.ok(most <= 3, `${most} were open at once`)
  const held = Promise.withResolvers<void>()
  const busy = new EnvironmentPool({
    clock: systemClock,
    files: systemFiles,
    faults: { before: () => held.promise, after: () => {} },
    pendingBytesMax: 1e6,
    openMax: 2,
  })
  const writes = Array.from({ length: 5 }, (_, i) =>
    busy.use(join(place.path, `busy ${i}`), (one) => one.write(batch, checkBatch(batch))),
  )
  await until('all five are open', () => busy.size === 5)
  held.resolve()
  await Promise.all(writes)
  await busy.sweep(10)
  assert.equal(busy.size, 2)
  await Promise.all([pool.close(), busy.close()])
})

test('a sweep that ends after the tables were disposed starts no other', async () => {
  await using place = temporaryDirectory()
  let timers = 0
  const clock = new ManualClock()
  const counting = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs: number, action: () => void) => {
      if (delayMs === 1000) timers++
      return clock.after(delayMs, action)
    },
  }
  const tables = new LmdbTables({ directory: place.path, clock: counting, sweepEveryMs: 1000 })
  await tables.control.write(batch)
  assert.equal(timers, 1)
  clock.advance(1000)
  await tables[Symbol.asyncDispose]()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(timers, 1)
})

test('a commit that takes too long refuses what follows until it is over, and what it leaves is what counts', async () => {
  await using place = temporaryDirectory()
  const directory = join(place.path, 'slow')
  let disk: Promise<void> | undefined
  const files: LogFiles = {
    ...systemFiles,
    async open(path, mode) {
      const file = await systemFiles.open(path, mode)
      return { ...file, sync: async () => (await disk, file.sync()) }
    },
  }
  const pool = new EnvironmentPool({
    clock: systemClock,
    files,
    faults: noFaults,
    pendingBytesMax: 1e6,
    openMax: 3,
    commitTimeoutMs: 100,
  })
  const write = async (number: number) => {
    const events = [{ id: `evt_${number}` as never, topic: 't', key: 'k', body: '{}' }]
    const one: WriteBatch = { operations: [{ update: key, add: { n: 1 } }], events }
    return pool.use(directory, (environment) => environment.write(one, checkBatch(one)))
  }
  await write(1)
  const { promise: over, resolve: release } = Promise.withResolvers<void>()
  disk = over
  await assert.rejects(write(2), { code: 'timeout' })
  await assert.rejects(write(3), { code: 'unavailable' })
  release()
  await until('the slow commit is over', () =>
    write(4).then(
      () => true,
      () => false,
    ),
  )
  const [record, pending] = await pool.use(directory, (one) => [one.get(key), one.pending(10, undefined)] as const)
  assert.equal(record?.attributes.n, pending.length, 'Every change has its event.')
  assert.deepEqual(
    pending.map(({ id }) => id),
    ['evt_1', 'evt_2', 'evt_4'],
  )
  await pool.close()
})

test('a hundred tenants used at once through a small pool all keep their records', async () => {
  await using place = temporaryDirectory()
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock, openMax: 8 })
  const tenants = Array.from({ length: 100 }, newTenant)
  const each = async (tenant: TenantId): Promise<unknown> => {
    await tables.forTenant(tenant).write(batch)
    await tables.forTenant(tenant).write(batch)
    return (await tables.forTenant(tenant).get(key))?.attributes.n
  }
  assert.deepEqual(new Set(await Promise.all(tenants.map(each))), new Set([2]))
})

test('dropping a tenant removes its directory, also while others use it', async () => {
  await using place = temporaryDirectory()
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
  const tenant = newTenant()
  await tables.forTenant(tenant).write(batch)
  assert.ok(existsSync(join(place.path, 'tenants', tenant, 'tables', 'data.mdb')))
  const racing = tables.forTenant(tenant).write(batch)
  await Promise.all([tables.dropTenant(tenant), tables.dropTenant(tenant), racing])
  await tables.dropTenant(tenant)
  assert.equal(existsSync(join(place.path, 'tenants', tenant)), false)
})

test('reading, and taking away what is not there, makes no files', async () => {
  await using place = temporaryDirectory()
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
  const tenant = tables.forTenant(newTenant())
  assert.equal(await tenant.get(key), undefined)
  assert.deepEqual(await tenant.getMany([key]), [undefined])
  assert.deepEqual(await tenant.query({ ...key, limit: 1 }), { records: [] })
  await assert.rejects(tenant.query({ ...key, limit: 1, cursor: 'none' }), { code: 'invalid_request' })
  assert.deepEqual(await tenant.outbox.pending(1), [])
  assert.deepEqual(await tenant.write({ operations: [{ delete: key }] }), { ok: true })
  assert.deepEqual(await tenant.write({ operations: [{ check: key, if: 'present' }] }), { ok: false, failed: [0] })
  assert.deepEqual(readdirSync(place.path), [])
})

test('what was disposed refuses as unavailable', async () => {
  await using place = temporaryDirectory()
  const tables = new LmdbTables({ directory: place.path, clock: systemClock })
  await tables.control.write(batch)
  await tables[Symbol.asyncDispose]()
  await tables[Symbol.asyncDispose]()
  await assert.rejects(tables.control.get(key), { code: 'unavailable' })
  await assert.rejects(tables.control.write(batch), { code: 'unavailable' })
  await assert.rejects(tables.dropTenant(newTenant()), { code: 'unavailable' })
})

test('expired records leave the disk in the background', async () => {
  await using place = temporaryDirectory()
  const clock = new ManualClock()
  await using tables = new LmdbTables({ directory: place.path, clock, sweepEveryMs: 1000, journal: { layerMs: 100 } })
  const { control } = tables
  const expiring = (sk: string, inMs: number) =>
    ({ put: { ...key, sk }, attributes: {}, expiresAtMs: clock.now() + inMs }) as const
  await control.write({ operations: [expiring('gone', 10), expiring('kept', 1e9), expiring('moved', 10)] })
  await control.write({ operations: [{ update: { ...key, sk: 'moved' }, expiresAtMs: null }] })
  await until('the sweep has committed', async () => {
    clock.advance(1000)
    await control.write({ operations: [] })
    return (await entriesOf(place.path)).length === 5
  })
  const [expiry, ...others] = await entriesOf(place.path)
  assert.match(expiry!, /^\0e\d{16}t\0p\0kept$/)
  assert.deepEqual(others, ['\0mformat', '\0mjournal', 't\0p\0kept', 't\0p\0moved'])
})

/** Every key on the disk, read beside the open adapter. */
async function entriesOf(directory: string): Promise<string[]> {
  const store = openEntryStore(join(directory, 'control'))
  const keys = Array.from(store.range({ from: '\0', before: '\u{10ffff}' }), (entry) => entry.key)
  await store.close()
  return keys
}
