import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { baseOffset } from '@koine/protocols-kafka/record-batch'
import { append, batch, numbered, OpenedLog, texts } from './opened-log.ts'

const at = { topic: 't', partition: 0 }
/** Of one append, about. */
const appendBytes = 800

async function filled(appends: number): Promise<OpenedLog> {
  const opened = new OpenedLog()
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(appends))
  return opened
}

test('segments of records that were given up leave the disk, and the offsets go on', async () => {
  await using opened = await filled(20)
  await opened.log.deleteRecords(at, 17)
  await until('the dead segments are gone', async () => (await opened.bytes()) < 6 * appendBytes)
  assert.deepEqual(await texts(opened.log, 't'), numbered(3, 17))
  await opened.log.deleteRecords(at, 20)
  await until('the last one is gone too', async () => (await opened.bytes()) < appendBytes)
  await opened.reopen()
  assert.deepEqual(await opened.log.bounds(at), { startOffset: 20, endOffset: 20 })
  assert.deepEqual(await opened.log.append(at, batch('on')), { ok: true, baseOffset: 20, startOffset: 20 })
})

test('what is given up of a small, quiet topic leaves the disk though its segment never fills', async () => {
  await using opened = new OpenedLog({ segmentBytes: 1e6 })
  await opened.log.createTopic({ name: 't', partitions: 1 })
  for (let round = 0; round < 5; round++) {
    await append(opened.log, 't', numbered(4))
    await opened.log.deleteRecords(at, round * 4 + 3)
  }
  await until('little is left', async () => (await opened.bytes()) < 4 * appendBytes)
  assert.deepEqual(await texts(opened.log, 't'), ['n3'])
})

test('segments that are mostly dead are copied without what is dead, and others wait', async () => {
  await using opened = new OpenedLog({ segmentBytes: 8000 })
  for (const name of ['t', 'kept']) await opened.log.createTopic({ name, partitions: 1 })
  // One of three is kept.
  for (let i = 0; i < 12; i++) {
    await append(opened.log, 't', numbered(2, i * 2))
    await append(opened.log, 'kept', numbered(1, i))
  }
  await opened.log.deleteRecords(at, 24)
  await until('little is left', async () => (await opened.bytes()) < 18 * appendBytes)
  assert.deepEqual(await texts(opened.log, 'kept'), numbered(12))
  await opened.reopen()
  assert.deepEqual(await texts(opened.log, 'kept'), numbered(12))
  assert.deepEqual(await opened.log.bounds(at), { startOffset: 24, endOffset: 24 })
})

test('what a stopped program had not given back is given back by the next', async () => {
  await using opened = await filled(20)
  const tables = opened.tables.forTenant(opened.tenant)
  await opened.reopen(async () => {
    // As it stands when the program stops right behind the write that gives the records up.
    const startOffset = {
      put: { table: 'log.partitions', pk: 'partitions', sk: '0' },
      attributes: { startOffset: 18, compactedTo: 0 },
    }
    const note = { put: { table: 'log.counters', pk: 'unreclaimed', sk: '' }, attributes: {} }
    await tables.write({ operations: [startOffset, note] })
  })
  assert.deepEqual(await opened.log.bounds(at), { startOffset: 18, endOffset: 20 })
  await until('the dead segments are gone', async () => (await opened.bytes()) < 6 * appendBytes)
  const noted = async () => tables.get({ table: 'log.counters', pk: 'unreclaimed', sk: '' })
  await until('nothing is noted any more', async () => (await noted()) === undefined)
  assert.deepEqual(await texts(opened.log, 't'), numbered(2, 18))
})

test('files that a rewrite left over are removed at the next opening, and the latest generation counts', async () => {
  await using opened = await filled(9)
  const replace = (each: Uint8Array) => (baseOffset(each) % 4 === 0 ? each : undefined)
  await opened.log.rewrite(at, { before: 9, replace })
  assert.deepEqual(await texts(opened.log, 't'), ['n0', 'n4', 'n8'])
  const before = (await opened.files('')).length
  await opened.reopen(async () => {
    const rewritten = (await opened.files('-0000000001.segment'))[0]!
    const original = rewritten.replace('-0000000001', '')
    const leftovers = [
      original,
      original.replace('.segment', '.index'),
      rewritten.replace('-0000000001', '-0000000002') + '.new',
    ]
    for (const path of leftovers) await writeFile(path, 'left over')
  })
  assert.deepEqual(await texts(opened.log, 't'), ['n0', 'n4', 'n8'])
  await until('the leftovers are gone', async () => (await opened.files('')).length <= before)
})

test('a rewrite of several partitions copies each segment once', async () => {
  await using opened = new OpenedLog({ segmentBytes: 1e6 })
  await opened.log.createTopic({ name: 'wide', partitions: 8 })
  const partitions = Array.from({ length: 8 }, (_, partition) => ({ topic: 'wide', partition }))
  for (let i = 0; i < 3; i++) for (const each of partitions) await opened.log.append(each, batch(`n${i}`))
  await Promise.all(partitions.map((each) => opened.log.rewrite(each, { before: 2, replace: () => undefined })))
  const segments = await opened.files('.segment')
  assert.equal(segments.length, 2)
  assert.match(segments[0]!, /0000000000000001-0000000001\.segment$/)
})

test('a rewrite that changes nothing writes nothing, and seals nothing twice', async () => {
  await using opened = new OpenedLog({ segmentBytes: 1e6 })
  await opened.log.createTopic({ name: 't', partitions: 1 })
  await append(opened.log, 't', numbered(5))
  for (let round = 0; round < 3; round++) {
    await opened.log.rewrite(at, { before: 5, replace: (each) => each })
    const names = (await opened.files('.segment')).map((path) => path.slice(-24))
    assert.deepEqual(names, ['0000000000000001.segment', '0000000000000002.segment'])
  }
})

test('space that could not be given back is given back with the next that is', async () => {
  await using opened = await filled(20)
  opened.disk.isOn = true
  await opened.log.deleteRecords(at, 15)
  await assert.rejects(opened.log.append(at, batch('refused')), { code: 'unavailable' })
  opened.disk.isOn = false
  await append(opened.log, 't', numbered(1, 20))
  await opened.log.deleteRecords(at, 16)
  await until('the dead segments are gone', async () => (await opened.bytes()) < 9 * appendBytes)
  assert.deepEqual(await texts(opened.log, 't'), numbered(5, 16))
})

test('what a rewrite on a full disk has written so far leaves it again', async () => {
  await using opened = await filled(9)
  const replace = (each: Uint8Array) => (baseOffset(each) % 4 === 0 ? each : undefined)
  opened.disk.failNextSyncOf('.segment.new')
  await assert.rejects(opened.log.rewrite(at, { before: 9, replace }), { code: 'unavailable' })
  assert.deepEqual(await opened.files('.segment.new'), [])
  await opened.log.rewrite(at, { before: 9, replace })
  assert.deepEqual(await texts(opened.log, 't'), ['n0', 'n4', 'n8'])
})
