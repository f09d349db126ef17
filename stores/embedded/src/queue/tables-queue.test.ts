import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, silentLogger, type TenantId, tenantIds } from '@koine/base'
import { ManualClock, temporaryDirectory, until } from '@koine/base/testing'
import type { Tables } from '@koine/stores-ports'
import { queueConformance } from '@koine/stores-ports/conformance'
import { MemoryTables } from '@koine/stores-ports/memory'
import { LmdbTables } from '../tables/lmdb-tables.ts'
import { TablesQueue } from './tables-queue.ts'

const randomness = seededRandomness(9)
const work = { concurrency: 1, visibilityMs: 1000, attemptsMax: 9, backoff: { firstMs: 1, factor: 1, maxMs: 1 } }

function openOn(tables: Tables, clock: ManualClock, known: Iterable<TenantId>): TablesQueue {
  return new TablesQueue({ tables, tenants: () => known, clock, randomness, logger: silentLogger })
}

/** Tenants are known once anything asked for their tables, as the control plane would know them. */
function recording(tables: Tables, known: Set<TenantId>): Tables {
  return {
    control: tables.control,
    forTenant: (tenant) => {
      known.add(tenant)
      return tables.forTenant(tenant)
    },
    dropTenant: (tenant) => tables.dropTenant(tenant),
    [Symbol.asyncDispose]: () => tables[Symbol.asyncDispose](),
  }
}

const engines: { name: string; open: (directory: string, clock: ManualClock) => Tables }[] = [
  { name: 'tables in memory', open: (_, clock) => new MemoryTables({ clock }) },
  { name: 'tables on LMDB', open: (directory, clock) => new LmdbTables({ directory, clock }) },
]
for (const { name, open } of engines) {
  queueConformance(name, async () => {
    const directory = temporaryDirectory()
    const clock = new ManualClock()
    const known = new Set<TenantId>()
    const tables = recording(open(directory.path, clock), known)
    const queue = openOn(tables, clock, known)
    return {
      queue,
      pass: async (ms) => clock.advance(ms),
      [Symbol.asyncDispose]: async () => {
        await queue[Symbol.asyncDispose]()
        await tables[Symbol.asyncDispose]()
        await directory[Symbol.asyncDispose]()
      },
    }
  })
}

test('what waited, ran or was delayed at a crash is done by the next process', async () => {
  const clock = new ManualClock()
  const tables = new MemoryTables({ clock })
  const tenant = tenantIds.make({ clock, randomness })
  const crashed = openOn(tables, clock, [tenant])
  await crashed.forTenant(tenant).enqueue('mail', { body: 'running' })
  const stuck = Promise.withResolvers<void>()
  let isRunning = false
  crashed.work('mail', work, () => {
    isRunning = true
    return stuck.promise
  })
  await until('the first runs', () => isRunning)
  await crashed.forTenant(tenant).enqueue('mail', { body: 'waiting' })
  await crashed.forTenant(tenant).enqueue('mail', { body: 'delayed', delayMs: 5000 })

  const done: string[] = []
  await using next = openOn(tables, clock, [tenant])
  next.work('mail', work, async ({ body, attempt }) => void done.push(`${body} ${attempt}`))
  await until('the waiting one was done', () => done.length === 1)
  clock.advance(1000)
  await until('the one that ran was done', () => done.length === 2)
  clock.advance(4000)
  await until('the delayed one was done', () => done.length === 3)
  assert.deepEqual(done, ['waiting 1', 'running 2', 'delayed 1'])
  await until('nothing is left', async () => {
    const { waiting, running } = await next.forTenant(tenant).depth('mail')
    return waiting + running === 0
  })
  stuck.resolve()
})

test('dropping a tenant leaves no record of its queues and none of the other records out', async () => {
  const clock = new ManualClock()
  const tables = new MemoryTables({ clock })
  const tenant = tenantIds.make({ clock, randomness })
  await using queue = openOn(tables, clock, [])
  for (let i = 0; i < 150; i++) {
    await queue.forTenant(tenant).enqueue(`q${i % 3}`, { body: 'x', deduplicationKey: `${i}`, delayMs: i % 2 })
  }
  const service = { table: 'messages', pk: 'a', sk: '' }
  await tables.forTenant(tenant).write({ operations: [{ put: service, attributes: { text: 'kept' } }] })
  await queue.dropTenant(tenant)
  for (const table of ['jobs', 'bodies', 'waiting', 'timed', 'dead', 'keys', 'depth']) {
    for (const pk of ['q0', 'q1', 'q2', 'all']) {
      const { records } = await tables.forTenant(tenant).query({ table: `queue.${table}`, pk, limit: 1 })
      assert.deepEqual(records, [], `${table} ${pk}`)
    }
  }
  assert.ok(await tables.forTenant(tenant).get(service))
})

test('tenants that can not be listed at first are looked through later', async () => {
  const clock = new ManualClock()
  const tables = new MemoryTables({ clock })
  const tenant = tenantIds.make({ clock, randomness })
  let calls = 0
  const tenants = (): TenantId[] => {
    if (++calls === 1) throw new Error('the control plane is away')
    return [tenant]
  }
  await openOn(tables, clock, []).forTenant(tenant).enqueue('mail', { body: 'a' })
  await using queue = new TablesQueue({ tables, tenants, clock, randomness, logger: silentLogger })
  const done: string[] = []
  queue.work('mail', work, async ({ body }) => void done.push(body))
  await until('the job was done', () => {
    clock.advance(1000)
    return done.length === 1
  })
})
