import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type TenantId, tenantIds } from '@koine/base'
import { until } from '@koine/base/testing'
import { append, batch, idSource, numbered, OpenedLog, texts } from './opened-log.ts'

test('indexes that are missing or damaged are made again from their segments', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(20))
  await opened.reopen(async () => {
    const indexes = await opened.files('.index')
    assert.ok(indexes.length > 4)
    for (const [at, path] of indexes.entries()) {
      if (at % 2 === 0) await truncate(path, 50)
      else await writeFile(path, 'not an index')
    }
  })
  assert.deepEqual(await texts(opened.log, 't'), numbered(20))
  await append(opened.log, 't', numbered(3, 20))
  assert.deepEqual(await texts(opened.log, 't'), numbered(23))
})

test('an index left from before its segment was full is not taken for the whole', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(1))
  let checkpoint = Buffer.alloc(0)
  await opened.reopen(async () => void (checkpoint = await readFile((await opened.files('.index'))[0]!)))
  await append(opened.log, 't', numbered(9, 1))
  await opened.reopen(async () => writeFile((await opened.files('.index'))[0]!, checkpoint))
  assert.deepEqual(await texts(opened.log, 't'), numbered(10))
})

test('damage in a sealed segment is reported, and nothing is cut off', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(9))
  const [first] = await opened.files('.segment')
  const bytes = await readFile(first!)
  bytes[900]! ^= 1
  await opened.reopen(() => writeFile(first!, bytes))
  const reading = opened.log.read({ topic: 't', partition: 0 }, { offset: 0, bytesMax: 1e6 })
  await assert.rejects(reading, { name: 'KoineError', code: 'internal', path: first })
  const later = await opened.log.read({ topic: 't', partition: 0 }, { offset: 6, bytesMax: 1e6 })
  assert.equal(later.ok && later.endOffset, 9)
  assert.deepEqual(await readFile(first!), bytes)
})

test('damage in a segment whose index has to be made again is reported', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(9))
  const [first] = await opened.files('.segment')
  await opened.reopen(async () => {
    for (const path of await opened.files('.index')) await truncate(path, 0)
    await truncate(first!, 1000)
  })
  await assert.rejects(opened.log.bounds({ topic: 't', partition: 0 }), { code: 'internal', path: first })
})

test('an unfinished write at the end is cut off, and what is acknowledged stays', async () => {
  for (const tail of ['x', 'x'.repeat(3000), '\0'.repeat(5000)]) {
    await using opened = new OpenedLog()
    await opened.log.createTopic({ name: 't', partitions: 1 })
    await append(opened.log, 't', numbered(7))
    await opened.reopen(async () => {
      const last = (await opened.files('.segment')).at(-1)!
      await writeFile(last, Buffer.concat([await readFile(last), Buffer.from(tail)]))
    })
    assert.deepEqual(await texts(opened.log, 't'), numbered(7))
    await append(opened.log, 't', numbered(2, 7))
    await opened.reopen()
    assert.deepEqual(await texts(opened.log, 't'), numbered(9))
  }
})

test('a last segment that is shorter than what was acknowledged in it is reported', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(2))
  const [only] = await opened.files('.segment')
  await opened.reopen(() => truncate(only!, 900))
  await assert.rejects(opened.log.bounds({ topic: 't', partition: 0 }), { code: 'internal', path: only })
})

test('a segment of a later format is left alone', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(1))
  const [only] = await opened.files('.segment')
  const bytes = await readFile(only!)
  bytes.writeUInt16BE(4, 8)
  await opened.reopen(() => writeFile(only!, bytes))
  await assert.rejects(opened.log.bounds({ topic: 't', partition: 0 }), /format version is 4/)
  assert.deepEqual(await readFile(only!), bytes)
})

test('segments that hold only deleted topics leave the disk, others stay', async () => {
  await using opened = new OpenedLog()
  for (const name of ['dead', 'live']) await opened.log.createTopic({ name, partitions: 1 })
  await append(opened.log, 'live', numbered(1))
  await append(opened.log, 'dead', numbered(20))
  await append(opened.log, 'live', numbered(1, 1))
  const before = await opened.files('.segment')
  await opened.log.deleteTopic('dead')
  await until('the dead segments are gone', async () => (await opened.files('.segment')).length < before.length - 4)
  assert.deepEqual(await texts(opened.log, 'live'), numbered(2))
  await opened.log.createTopic({ name: 'dead', partitions: 1 })
  await append(opened.log, 'dead', ['again'])
  await opened.reopen()
  assert.deepEqual(await texts(opened.log, 'live'), numbered(2))
  assert.deepEqual(await texts(opened.log, 'dead'), ['again'])
})

test('a tenant’s bytes are in its own directory, which goes when it is dropped', async () => {
  await using opened = new OpenedLog()
  const other = tenantIds.make(idSource)
  for (const tenant of [opened.tenant, other]) {
    const log = opened.segments.forTenant(tenant)
    await log.createTopic({ name: 't', partitions: 1 })
    await append(log, 't', [`of${tenant.slice(-4)}`])
  }
  const [own] = await opened.files('.segment')
  const [others] = await opened.files('.segment', other)
  assert.ok(!(await readFile(own!)).includes(`of${other.slice(-4)}`))
  assert.ok((await readFile(others!)).includes(`of${other.slice(-4)}`))
  await opened.segments.dropTenant(opened.tenant)
  await assert.rejects(opened.files('.segment'), { code: 'ENOENT' })
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', ['fresh'])
  assert.deepEqual(await texts(opened.log, 't'), ['fresh'])
})

test('a tenant that only looks makes no file', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 3 })
  assert.deepEqual(await opened.log.bounds({ topic: 't', partition: 2 }), { startOffset: 0, endOffset: 0 })
  await assert.rejects(opened.files(''), { code: 'ENOENT' })
})

test('more waiting bytes than allowed are refused as overloaded, and the rest is kept', async () => {
  await using opened = new OpenedLog({ waitingBytes: 3000 })
  await opened.log.createTopic({ name: 't', partitions: 1 })
  const outcomes = await Promise.allSettled(
    numbered(20).map((text) => opened.log.append({ topic: 't', partition: 0 }, batch(text))),
  )
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.ok(refused.length > 0 && refused.length < 20)
  for (const { reason } of refused) assert.equal((reason as { code?: string }).code, 'overloaded')
  const bounds = await opened.log.bounds({ topic: 't', partition: 0 })
  assert.equal(bounds?.endOffset, 20 - refused.length)
})

test('many tenants take turns within the bounds of open tenants and files', async () => {
  await using opened = new OpenedLog({ openTenants: 2, openFiles: 2 })
  const tenants = Array.from({ length: 8 }, () => tenantIds.make(idSource))
  const work = async (tenant: TenantId): Promise<void> => {
    const log = opened.segments.forTenant(tenant)
    await log.createTopic({ name: 't', partitions: 1 })
    for (const text of numbered(5)) await append(log, 't', [text])
  }
  await Promise.all(tenants.map(work))
  for (const tenant of tenants) assert.deepEqual(await texts(opened.segments.forTenant(tenant), 't'), numbered(5))
})
