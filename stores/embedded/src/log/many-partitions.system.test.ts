import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, seededRandomness, silentLogger, systemClock, tenantIds } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { openEmbeddedStores } from '../open-embedded-stores.ts'

const randomness = seededRandomness(5)
const residentBytesMax = 1e9

async function openStores(directory: string) {
  const metrics = new Metrics()
  return openEmbeddedStores({ directory, clock: systemClock, randomness, logger: silentLogger, metrics })
}

const newTenants = (count: number) =>
  Array.from({ length: count }, () => tenantIds.make({ clock: systemClock, randomness }))

const createTopics = (log: TenantLog, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, i) => log.createTopic({ name: `topic-${i}`, partitions: 1 })))

async function appendTo(log: TenantLog, topic: string): Promise<void> {
  const batch = encodeRecordBatch({ records: [{ key: null, value: Buffer.alloc(100), timestampMs: 1 }] })
  const appended = await log.append({ topic, partition: 0 }, batch)
  assert.ok(appended.ok)
}

test('ten thousand partitions over a hundred tenants are made, appended to and read within a gigabyte', async (t) => {
  await using directory = temporaryDirectory()
  await using stores = await openStores(directory.path)
  const logs = newTenants(100).map((tenant) => stores.log.forTenant(tenant))
  const topicsEach = 100
  const names = Array.from({ length: topicsEach }, (_, i) => `topic-${i}`)
  const since = (startedAt: number): string => `${(performance.now() - startedAt).toFixed(0)} ms`

  const creating = performance.now()
  await Promise.all(logs.map((log) => createTopics(log, topicsEach)))
  t.diagnostic(`${logs.length * topicsEach} topics of one partition: ${since(creating)}`)
  const appending = performance.now()
  for (let round = 0; round < 3; round++) {
    await Promise.all(logs.flatMap((log) => names.map((name) => appendTo(log, name))))
  }
  t.diagnostic(`three appends to each, for sync: ${since(appending)}`)
  const reading = logs.flatMap((log) =>
    names.map(async (topic) => {
      const read = await log.read({ topic, partition: 0 }, { offset: 0, bytesMax: 1_000 })
      assert.ok(read.ok && read.batches.length === 3)
    }),
  )
  await Promise.all(reading)
  const { rss } = process.memoryUsage()
  t.diagnostic(`resident: ${(rss / 1e6).toFixed(0)} MB`)
  assert.ok(rss < residentBytesMax)
})

test('a thousand topics of one tenant, made at once, share the disk', async (t) => {
  await using directory = temporaryDirectory()
  await using stores = await openStores(directory.path)
  const [tenant] = newTenants(1)
  const log = stores.log.forTenant(tenant!)
  const startedAt = performance.now()
  await createTopics(log, 1_000)
  t.diagnostic(`${(performance.now() - startedAt).toFixed(0)} ms`)
  assert.equal((await log.topics()).length, 1_000)
  await Promise.all(['topic-0', 'topic-999'].map((name) => appendTo(log, name)))
})

test('more tenants than may be open at once are all appended to', async () => {
  await using directory = temporaryDirectory()
  await using stores = await openStores(directory.path)
  const tenants = newTenants(300)
  for (let round = 0; round < 2; round++) {
    for (const tenant of tenants) {
      const log = stores.log.forTenant(tenant)
      if (round === 0) await log.createTopic({ name: 'only', partitions: 1 })
      await appendTo(log, 'only')
    }
  }
  const ends = tenants.map((tenant) => stores.log.forTenant(tenant).bounds({ topic: 'only', partition: 0 }))
  for (const bounds of await Promise.all(ends)) assert.equal(bounds?.endOffset, 2)
})
