import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, systemClock, tenantIds } from '@koine/base'
import { decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { Faults, TenantLog } from '@koine/stores-ports'
import { MemoryTables } from '@koine/stores-ports/memory'
import { SegmentLog } from './segment-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const randomness = seededRandomness(3)
const tenant = tenantIds.make({ clock: systemClock, randomness })

/** Writes to the tables that take effect and don't say so, as long as it is on. */
class LostAnswers implements Faults {
  on = false

  before(): void {}

  after(operation: string): void {
    if (this.on && operation === 'tables.write') throw new Error('the answer was lost')
  }
}

function open() {
  const answers = new LostAnswers()
  const tables = new MemoryTables({ clock: systemClock, faults: answers })
  const disk = new SimulatedDisk(randomness)
  const start = (): SegmentLog =>
    new SegmentLog({ directory: '/data', tables, clock: systemClock, files: disk.mount() })
  return { answers, disk, start }
}

const append = (log: TenantLog, topic: string, text: string) =>
  log.append(
    { topic, partition: 0 },
    encodeRecordBatch({ records: [{ key: null, value: Buffer.from(text), timestampMs: 1 }] }),
  )

async function texts(log: TenantLog, topic: string): Promise<string[]> {
  const read = await log.read({ topic, partition: 0 }, { offset: 0, bytesMax: 1e6 })
  assert.ok(read.ok)
  return read.batches.flatMap((batch) =>
    decodeRecordBatch(batch).records.map(({ value }) => Buffer.from(value!).toString()),
  )
}

test('what was refused after a failed sync does not come back when the log is closed and opened again', async () => {
  const { disk, start } = open()
  const first = start()
  const log = first.forTenant(tenant)
  await log.createTopic({ name: 't', partitions: 1 })
  await append(log, 't', 'acknowledged')
  disk.failNext('sync')
  await assert.rejects(append(log, 't', 'refused'), { code: 'unavailable' })
  await first[Symbol.asyncDispose]()
  await using again = start()
  assert.deepEqual(await texts(again.forTenant(tenant), 't'), ['acknowledged'])
})

test('a topic whose making took effect without an answer is there, and shares no partition with the next one', async () => {
  const { answers, start } = open()
  await using segments = start()
  const log = segments.forTenant(tenant)
  answers.on = true
  await assert.rejects(log.createTopic({ name: 'one', partitions: 1 }))
  answers.on = false
  assert.ok((await log.createTopic({ name: 'two', partitions: 1 })).ok)
  assert.deepEqual(await log.createTopic({ name: 'one', partitions: 1 }), { ok: false, reason: 'exists' })
  await append(log, 'one', '1')
  await append(log, 'two', '2')
  assert.deepEqual([await texts(log, 'one'), await texts(log, 'two')], [['1'], ['2']])
})

test('a topic whose deletion took effect without an answer takes no more records', async () => {
  const { answers, start } = open()
  await using segments = start()
  const log = segments.forTenant(tenant)
  await log.createTopic({ name: 't', partitions: 1 })
  await append(log, 't', 'early')
  let called = 0
  using _listening = log.onAppend({ topic: 't', partition: 0 }, () => called++)
  answers.on = true
  await assert.rejects(log.deleteTopic('t'))
  answers.on = false
  assert.deepEqual(await append(log, 't', 'late'), { ok: false, reason: 'no-such-partition' })
  assert.ok(called > 0, 'Whoever waits there is told to look again.')
})

test('a log whose segment could not be sealed opens again after a write that was cut short', async () => {
  const { disk, start } = open()
  const log = start().forTenant(tenant)
  await log.createTopic({ name: 't', partitions: 1 })
  const all = ['1', '2', '3']
  for (const text of all) await append(log, 't', text)
  disk.failNext('syncDirectory')
  const rewriting = log.rewrite({ topic: 't', partition: 0 }, { before: 3, replace: (batch) => batch })
  await assert.rejects(rewriting, { code: 'unavailable' })
  disk.failNext('write')
  await assert.rejects(append(log, 't', 'refused'), { code: 'unavailable' })
  disk.kill()
  await using again = start()
  assert.deepEqual((await texts(again.forTenant(tenant), 't')).slice(0, 3), all)
})
