import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { MemoryTables } from '@koine/stores-ports/memory'
import { crc32c } from '@node-rs/crc32'
import { CorruptSegment } from './corrupt-segment.ts'
import { append, idSource, numbered, OpenedLog, texts } from './opened-log.ts'
import { TopicCatalog } from './topic-catalog.ts'
import { tenantIds } from '@koine/base'

const at = { topic: 't', partition: 0 }

/**
 * A segment as version 1 or 2 wrote it: another number in the header, and frames of version 1 that tell their group, or in
 * segments of version 1 don't.
 */
function asVersion(version: 1 | 2, segment: Buffer): Buffer {
  segment.writeUInt16BE(version, 8)
  for (let frame = 16, group = 1; frame < segment.length; group++) {
    const end = frame + 16 + segment.readUInt32BE(frame + 4)
    segment.writeUInt32BE(0x0100_0000 + (version === 1 ? 0 : group), frame + 8)
    segment.writeUInt32BE(crc32c(segment.subarray(frame + 4, end)), frame)
    frame = end
  }
  return segment
}

/** An index as version 1 wrote it: a shorter header, and partitions without their bytes. */
function indexAsVersion1(index: Buffer): Buffer {
  const old = Buffer.concat([index.subarray(0, 40), index.subarray(48)])
  old.writeUInt16BE(1, 12)
  for (let row = 0; row < old.readUInt32BE(32); row++) old.writeUInt32BE(0, 40 + row * 40 + 12)
  old.writeUInt32BE(crc32c(old.subarray(12)), 8)
  return old
}

test('segments and indexes of version 1 are read, appended to, given up and rewritten', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(10))
  const size = await opened.log.size(at)
  await opened.reopen(async () => {
    for (const path of await opened.files('.segment')) await writeFile(path, asVersion(1, await readFile(path)))
    for (const path of await opened.files('.index')) await writeFile(path, indexAsVersion1(await readFile(path)))
  })
  assert.deepEqual(await texts(opened.log, 't'), numbered(10))
  assert.equal(await opened.log.size(at), size)
  await append(opened.log, 't', numbered(3, 10))
  await opened.log.deleteRecords(at, 1)
  await opened.log.rewrite(at, { before: 6, replace: () => undefined })
  assert.deepEqual(await texts(opened.log, 't'), numbered(7, 6))
  await opened.reopen()
  assert.deepEqual(await texts(opened.log, 't'), numbered(7, 6))
})

test('segments of version 2 are read, and nothing is added to one of them', async () => {
  await using opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(5))
  await opened.reopen(async () => {
    for (const path of await opened.files('.segment')) await writeFile(path, asVersion(2, await readFile(path)))
  })
  const old = await opened.files('.segment')
  assert.deepEqual(await texts(opened.log, 't'), numbered(5))
  const before = await Promise.all(old.map((path) => readFile(path)))
  await append(opened.log, 't', numbered(1, 5))
  assert.deepEqual(await Promise.all(old.map((path) => readFile(path))), before)
  await opened.reopen()
  assert.deepEqual(await texts(opened.log, 't'), numbered(6))
})

test('damage within a segment of version 2 is told from its unfinished end', async () => {
  await using opened = new OpenedLog({ segmentBytes: 1e6 })
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(4))
  const [path] = await opened.files('.segment')
  const damaged = async (from: number): Promise<void> => {
    await opened.reopen(async () => {
      for (const index of await opened.files('.index')) await rm(index)
      const segment = asVersion(2, await readFile(path!))
      segment[16 + from * Math.floor((segment.length - 16) / 4) + 100]! ^= 1
      await writeFile(path!, segment)
    })
  }
  await damaged(1)
  await assert.rejects(opened.log.bounds(at), CorruptSegment)
  await damaged(1)
  await damaged(3)
  assert.deepEqual(await texts(opened.log, 't'), numbered(3))
})

test('a topic written before partitions could be added has the numbers that run from its first', async () => {
  const tables = new MemoryTables({ clock: systemClock }).forTenant(tenantIds.make(idSource))
  const old = { id: 'a'.repeat(32), partitions: 3, settings: { a: '1' }, createdAtMs: 5, firstNumber: 7 }
  await tables.write({
    operations: [
      { put: { table: 'log.topics', pk: 'topics', sk: 'old' }, attributes: old },
      { put: { table: 'log.counters', pk: 'partitions', sk: '' }, attributes: { next: 12 } },
    ],
  })
  const catalog = await TopicCatalog.load(tables, systemClock)
  assert.deepEqual(catalog.find('old')?.numbers, [7, 8, 9])
  assert.ok((await catalog.addPartitions('old', 5)).ok)
  await catalog.create({ name: 'between', partitions: 1 })
  assert.ok((await catalog.addPartitions('old', 6)).ok)
  const again = await TopicCatalog.load(tables, systemClock)
  assert.deepEqual(again.find('old')?.numbers, [7, 8, 9, 12, 13, 15])
  const topic = { name: 'old', id: old.id, partitions: 6, settings: { a: '1' }, createdAtMs: 5 }
  assert.deepEqual(again.find('old')?.topic, topic)
})
