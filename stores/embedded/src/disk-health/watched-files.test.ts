import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { ManualClock, temporaryDirectory, until } from '@koine/base/testing'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { MemoryTables } from '@koine/stores-ports/memory'
import { FileBlobs } from '../blobs/file-blobs.ts'
import { FailingFiles } from '../log/failing-files.ts'
import { SegmentLog } from '../log/segment-log.ts'
import { SimulatedDisk } from '../log/simulated-disk.ts'
import { systemFiles } from '../log/system-files.ts'
import { checkDisk } from './disk-check.ts'
import { DiskHealth } from './disk-health.ts'
import { watchedDisk, watchedFiles } from './watched-files.ts'

test('what is done through watched files is done, and measured', async () => {
  await using place = temporaryDirectory()
  using health = new DiskHealth()
  const files = watchedFiles(systemFiles, health)
  const file = await files.open(join(place.path, 'a'), 'write')
  assert.equal(await file.write([Buffer.from('some'), Buffer.from('thing')], 0), 9)
  await file.sync()
  const target = Buffer.alloc(20)
  assert.equal(await file.read(target, 0), 9)
  assert.equal(target.toString('utf8', 0, 9), 'something')
  await file.truncate(4)
  assert.equal(await file.size(), 4)
  await file.close()
  await files.rename(join(place.path, 'a'), join(place.path, 'b'))
  assert.deepEqual(await files.list(place.path), ['b'])
  await files.remove(join(place.path, 'b'))
  const { recentMs, errors } = health.describe()
  for (const operation of ['read', 'write', 'sync', 'name'] as const) assert.ok(recentMs[operation] > 0, operation)
  assert.deepEqual(errors, {})
})

test('an error reaches whoever asked and the health alike; the disk is tried with a file that does not stay', async () => {
  await using place = temporaryDirectory()
  using health = new DiskHealth()
  const failing = new FailingFiles(systemFiles)
  const files = watchedFiles(failing, health)
  await checkDisk(files, place.path)
  assert.equal(health.state, 'healthy')
  assert.deepEqual(await readdir(place.path), [])
  failing.isOn = true
  await assert.rejects(checkDisk(files, place.path), { code: 'EIO' })
  assert.equal(health.state, 'failing')
})

test('an object that takes long is no sign, and one that can’t be written is', async () => {
  const clock = new ManualClock()
  using health = new DiskHealth({ clock })
  await using place = temporaryDirectory()
  const [begun, writing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const write = (): Promise<void> => {
    begun.resolve()
    return writing.promise
  }
  const disk = watchedDisk({ write, sync: async () => {} }, health)
  await using blobs = new FileBlobs({ directory: place.path, clock, randomness: seededRandomness(4), disk })
  const put = blobs.forTenant(tenantIds.make({ clock, randomness: seededRandomness(4) })).put('large', Buffer.alloc(9))
  const refused = assert.rejects(put, { code: 'unavailable' })
  await begun.promise
  clock.advance(60_000)
  assert.equal(health.state, 'healthy')
  writing.reject(Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' }))
  await refused
  assert.equal(health.describe().reason, 'the disk is full (ENOSPC), during the writing of an object')
})

test('a log whose disk fails refuses appends, is found out, and is well again once the disk is', async () => {
  const clock = new ManualClock()
  using health = new DiskHealth({ clock })
  const disk = new SimulatedDisk(seededRandomness(4))
  const failing = new FailingFiles(disk.mount())
  const files = watchedFiles(failing, health)
  health.checkWith(() => checkDisk(files, '/data'))
  await using log = new SegmentLog({ directory: '/data', tables: new MemoryTables({ clock }), clock, files })
  const tenant = log.forTenant(tenantIds.make({ clock, randomness: seededRandomness(4) }))
  await tenant.createTopic({ name: 't', partitions: 1 })
  const append = (text: string) =>
    tenant.append(
      { topic: 't', partition: 0 },
      encodeRecordBatch({ records: [{ key: null, value: Buffer.from(text), timestampMs: 1 }] }),
    )
  await append('first')
  failing.isOn = true
  await assert.rejects(append('refused'), { code: 'unavailable' })
  assert.equal(health.state, 'failing')
  assert.match(health.describe().reason, /EIO/)
  failing.isOn = false
  // Nobody appends meanwhile: the disk is tried without.
  await until('it is found well', () => {
    clock.advance(500)
    return health.state === 'healthy'
  })
  assert.deepEqual(await append('again'), { ok: true, baseOffset: 1, startOffset: 0 })
})
