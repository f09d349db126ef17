import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Metrics, silentLogger, systemClock, systemRandomness, tenantIds } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { EventLog, scopeTo, type Stores } from '@koine/stores-ports'
import { openEmbeddedStores } from './open-embedded-stores.ts'

const open = (directory: string): Promise<Stores & AsyncDisposable> =>
  openEmbeddedStores({
    directory,
    clock: systemClock,
    randomness: systemRandomness,
    logger: silentLogger,
    metrics: new Metrics(),
  })
const newTenant = () => tenantIds.make({ clock: systemClock, randomness: systemRandomness })
const key = { table: 't', pk: 'p', sk: '' }

async function fill(stores: Stores, tenant: ReturnType<typeof newTenant>): Promise<void> {
  const scope = scopeTo(stores, tenant)
  await scope.tables.write({ operations: [{ put: key, attributes: {} }] })
  await scope.log.createTopic({ name: 'topic', partitions: 1 })
  await new EventLog(scope.log, { clock: systemClock }).append('topic', 'k', [
    { key: 'k', value: Buffer.from('event') },
  ])
  await scope.cache.increment({ slot: 's', name: 'n' }, 1, 60_000)
  await scope.blobs.put('some/blob', Buffer.from('blob'))
  await scope.queue.enqueue('work', { body: '{}' })
}

test('what the stores were given is there after they were closed and opened again', async () => {
  await using place = temporaryDirectory()
  const tenant = newTenant()
  {
    await using stores = await open(place.path)
    await fill(stores, tenant)
  }
  await using stores = await open(place.path)
  const scope = scopeTo(stores, tenant)
  assert.equal((await scope.tables.get(key))?.version, 1)
  const { records } = await new EventLog(scope.log, { clock: systemClock }).read(
    { topic: 'topic', partition: 0 },
    0,
    10,
  )
  assert.deepEqual(
    records.map(({ value }) => Buffer.from(value ?? []).toString()),
    ['event'],
  )
  assert.equal(Buffer.from((await scope.blobs.get('some/blob'))!).toString(), 'blob')
  assert.equal((await scope.queue.depth('work')).waiting, 1)
  // The worker finds what an earlier process left.
  const done = Promise.withResolvers<string>()
  const backoff = { firstMs: 1, factor: 1, maxMs: 1 }
  await using _ = stores.queue.work(
    'work',
    { concurrency: 1, visibilityMs: 5000, attemptsMax: 1, backoff },
    async (job) => done.resolve(job.tenant),
  )
  assert.equal(await done.promise, tenant)
})

test('a tenant dropped from all five stores leaves no files, and others keep theirs', async () => {
  await using place = temporaryDirectory()
  await using stores = await open(place.path)
  const [gone, kept] = [newTenant(), newTenant()]
  for (const tenant of [gone, kept]) await fill(stores, tenant)
  const inOrder = [stores.queue, stores.log, stores.cache, stores.blobs, stores.tables]
  // A drop that broke off is repeated from its start.
  for (let i = 0; i < 2; i++) for (const store of inOrder) await store.dropTenant(gone)
  assert.deepEqual(await readdir(join(place.path, 'tenants')), [kept])
  const scope = scopeTo(stores, kept)
  assert.ok(await scope.tables.get(key))
  assert.ok(await scope.log.topic('topic'))
  assert.ok(await scope.blobs.head('some/blob'))
})

test('a directory in use is refused, and free again after the stores were disposed', async () => {
  await using place = temporaryDirectory()
  const directory = join(place.path, 'data')
  const stores = await open(directory)
  await assert.rejects(open(directory), { code: 'unavailable' })
  await stores[Symbol.asyncDispose]()
  await (await open(directory))[Symbol.asyncDispose]()
  assert.ok(existsSync(join(directory, 'format-version')))
})
