import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { baseOffset } from '@koine/protocols-kafka/record-batch'
import { append, batch, numbered, texts } from '../opened-log.ts'
import { flipped } from './tampered-blobs.ts'
import { TieredLog } from './tiered-log.ts'

const at = { topic: 't', partition: 0 }
const everyFourth = (each: Uint8Array) => (baseOffset(each) % 4 === 0 ? each : undefined)

test('sealed segments go to the blob store, leave the disk, and are read from there, also after a restart', async () => {
  await using tiered = await TieredLog.of(20)
  await tiered.moved()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
  const { tieredSegments, tieredBytes, readBytes } = await tiered.usage()
  assert.ok(tieredSegments > 5, `${tieredSegments} segments`)
  assert.ok(tieredBytes > 12_000 && readBytes.tiered > 12_000, `${tieredBytes} bytes`)
  assert.equal((await tiered.opened.files('.segment')).length, 1)
  await tiered.opened.reopen()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
  assert.deepEqual(await tiered.log.append(at, batch('on')), { ok: true, baseOffset: 20, startOffset: 0 })
})

test('indexes that are missing are made again from the footers, and without those from the frames', async () => {
  await using tiered = await TieredLog.of(12)
  await tiered.moved()
  const loseIndexes = async (): Promise<void> => {
    for (const path of await tiered.opened.files('.index')) await rm(path)
  }
  await tiered.opened.reopen(loseIndexes)
  assert.deepEqual(await texts(tiered.log, 't'), numbered(12))
  await tiered.opened.reopen(loseIndexes)
  tiered.blobs.onRead = (bytes, start) => (start > 0 && bytes.length < 500 ? flipped(bytes) : bytes)
  assert.deepEqual(await texts(tiered.log, 't'), numbered(12))
})

test('within its window a segment is on both media, and read from the disk', async () => {
  await using tiered = await TieredLog.of(20, { tiering: { localMs: 3_600_000 } })
  await tiered.copied()
  await tiered.opened.reopen()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
  const { localSegments, tieredSegments, readBytes } = await tiered.usage()
  assert.equal(localSegments, tieredSegments + 1)
  assert.equal(readBytes.tiered, 0)
})

test('beyond the local bytes the oldest segments are copied and leave at once, and the newest stay', async () => {
  const windows = { copyAfterMs: 3_600_000, localMs: 3_600_000, localBytes: 5000 }
  await using tiered = await TieredLog.of(20, { tiering: windows })
  await until('few are left', async () => (await tiered.usage()).localBytes < 8000)
  assert.ok((await tiered.usage()).localSegments > 2)
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
})

test('nothing is moved when it is switched off, and what was moved is read', async () => {
  await using tiered = await TieredLog.of(10)
  await tiered.moved()
  await using off = await TieredLog.of(10, { tiering: { enabled: false } })
  assert.equal((await off.usage()).tieredSegments, 0)
  assert.equal((await off.log.size(at))! > 0, true)
})

test('while the blob store fails, appends and reads go on and nothing leaves the disk; then all of it goes', async () => {
  await using tiered = new TieredLog()
  tiered.failing.add('blobs.put')
  await tiered.log.createTopic({ name: 't', partitions: 1 })
  await append(tiered.log, 't', numbered(20))
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
  assert.equal((await tiered.usage()).tieredSegments, 0)
  tiered.failing.clear()
  await tiered.moved()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
})

test('a blob store that never answers keeps nobody from appending, reading and closing', async () => {
  await using tiered = new TieredLog()
  for (const operation of ['blobs.put', 'blobs.getRange', 'blobs.delete']) tiered.hanging.add(operation)
  await tiered.log.createTopic({ name: 't', partitions: 1 })
  await append(tiered.log, 't', numbered(20))
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
  await tiered.opened.reopen()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(20))
})

test('an operation that takes too long counts as failed, and is tried again', async () => {
  await using tiered = new TieredLog({ tiering: { operationMs: 10 } })
  tiered.hanging.add('blobs.put')
  await tiered.log.createTopic({ name: 't', partitions: 1 })
  await append(tiered.log, 't', numbered(10))
  await until('it was tried twice', async () => (await recordsOf(tiered)).some(({ generation }) => generation > 2))
  tiered.hanging.clear()
  await tiered.moved()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
})

test('an object that does not read back as it was written never counts, and no key is used twice', async () => {
  await using tiered = new TieredLog()
  tiered.blobs.onPut = flipped
  await tiered.log.createTopic({ name: 't', partitions: 1 })
  await append(tiered.log, 't', numbered(10))
  await until('it was tried three times', async () =>
    (await recordsOf(tiered)).some(({ generation }) => generation > 3),
  )
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
  assert.equal((await tiered.usage()).tieredSegments, 0)
  tiered.blobs.onPut = undefined
  await tiered.moved()
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
  await until(
    'no broken object is left',
    async () => (await tiered.keys()).length === (await tiered.usage()).tieredSegments,
  )
})

test('wrong bytes are asked for once more; when they stay wrong, that read alone fails, and says why', async () => {
  await using tiered = await TieredLog.of(10)
  await tiered.moved()
  let isFirst = true
  tiered.blobs.onRead = (bytes) => {
    const wrong = isFirst ? flipped(bytes) : bytes
    isFirst = false
    return wrong
  }
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
  await tiered.opened.reopen()
  tiered.blobs.onRead = flipped
  await assert.rejects(texts(tiered.log, 't'), { code: 'unavailable', message: /comes back changed/ })
  const { endOffset } = (await tiered.log.bounds(at))!
  assert.equal(endOffset, 10)
  await append(tiered.log, 't', ['n10'])
  tiered.blobs.onRead = undefined
  assert.deepEqual(await texts(tiered.log, 't'), numbered(11))
})

test('a file that is damaged within its window is stood in for by its copy', async () => {
  await using tiered = await TieredLog.of(10, { tiering: { localMs: 3_600_000 } })
  await tiered.copied()
  const [path] = await tiered.opened.files('.segment')
  await writeFile(path!, flipped(await readFile(path!)))
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
  assert.ok((await tiered.usage()).readBytes.tiered > 0)
})

test('objects of deleted topics and records go, and of a dropped tenant all of them', async () => {
  await using tiered = await TieredLog.of(20)
  await tiered.moved()
  await tiered.log.deleteRecords(at, 12)
  await until('the dead objects are gone', async () => (await tiered.keys()).length < 5)
  assert.deepEqual(await texts(tiered.log, 't'), numbered(8, 12))
  await tiered.log.createTopic({ name: 'other', partitions: 1 })
  await tiered.log.deleteTopic('t')
  await until('all of them are gone', async () => (await tiered.keys()).length === 0)
  assert.deepEqual(await recordsOf(tiered), [])
  await append(tiered.log, 'other', numbered(10))
  await tiered.moved()
  await tiered.opened.segments.dropTenant(tiered.opened.tenant)
  assert.deepEqual(await tiered.keys(), [])
  assert.deepEqual(await recordsOf(tiered), [])
})

test('objects that can not be deleted now are deleted later, also by the next process', async () => {
  await using tiered = await TieredLog.of(12)
  await tiered.moved()
  tiered.failing.add('blobs.delete')
  await tiered.log.deleteRecords(at, 12)
  await until('they do not count', async () => (await tiered.usage()).tieredSegments === 0)
  assert.ok((await tiered.keys()).length > 0)
  await tiered.opened.reopen()
  tiered.failing.clear()
  await tiered.log.topics()
  await until('they are gone', async () => (await tiered.keys()).length === 0)
})

test('a tiered segment that is compacted becomes a file again, and later another object', async () => {
  await using tiered = await TieredLog.of(20)
  await tiered.moved()
  const before = await tiered.keys()
  await tiered.log.rewrite(at, { before: 20, replace: everyFourth })
  await tiered.moved()
  await until('the objects before are gone', async () => {
    const now = await tiered.keys()
    return before.every((key) => !now.includes(key)) && now.length === (await tiered.usage()).tieredSegments
  })
  await tiered.opened.reopen()
  assert.deepEqual(await texts(tiered.log, 't'), ['n0', 'n4', 'n8', 'n12', 'n16', 'n19'])
})

test('partitions that lie mixed in a segment lie one after another in its object', async () => {
  await using tiered = new TieredLog({ limits: { segmentBytes: 20_000 } })
  await tiered.log.createTopic({ name: 'wide', partitions: 4 })
  for (let i = 0; i < 40; i++) await tiered.log.append({ topic: 'wide', partition: i % 4 }, batch(`n${i}`))
  await tiered.moved()
  tiered.blobs.reads = 0
  for (let partition = 0; partition < 4; partition++) {
    const read = await tiered.log.read({ topic: 'wide', partition }, { offset: 0, bytesMax: 1e6 })
    assert.ok(read.ok)
    assert.deepEqual(
      read.batches.map((each) => baseOffset(each)),
      numbered(10).map((_, i) => i),
    )
  }
  assert.equal(tiered.blobs.reads, 1)
})

async function recordsOf(tiered: TieredLog): Promise<{ state: string; generation: number }[]> {
  const tables = tiered.opened.tables.forTenant(tiered.opened.tenant)
  const { records } = await tables.query({ table: 'log.objects', pk: 'objects', limit: 100 })
  return records.map(({ attributes }) => attributes as unknown as { state: string; generation: number })
}
