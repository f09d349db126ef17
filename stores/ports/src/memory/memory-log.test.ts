import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError, seededRandomness, systemClock, tenantIds } from '@koine/base'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { logConformance } from '../conformance/log.ts'
import { MemoryLog } from './memory-log.ts'

logConformance({
  name: 'memory',
  open: async () => {
    let isFailing = false
    const before = (): void => {
      if (isFailing) throw new KoineError('unavailable', 'A fault of the test.')
    }
    const log = new MemoryLog({ clock: systemClock, faults: { before, after: () => {} } })
    return {
      log,
      reopen: async () => log,
      failing: (on) => (isFailing = on),
      [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
    }
  },
})

test('every operation can be made to fail by its name', async () => {
  const names: string[] = []
  const faults = { before: (operation: string) => void names.push(operation), after: () => {} }
  const all = new MemoryLog({ clock: systemClock, faults })
  const tenant = tenantIds.make({ clock: systemClock, randomness: seededRandomness(1) })
  const log = all.forTenant(tenant)
  const at = { topic: 't', partition: 0 }
  const made = await log.createTopic({ name: 't', partitions: 1 })
  assert.ok(made.ok)
  await log.addPartitions('t', 2)
  await log.changeSettings(made.topic, {})
  await log.topic('t')
  await log.topics()
  await log.append(at, encodeRecordBatch({ records: [{ key: null, value: null, timestampMs: 1 }] }))
  await log.read(at, { offset: 0, bytesMax: 1 })
  await log.bounds(at)
  await log.findTimestamp(at, 0)
  await log.size(at)
  await log.findSize(at, 0)
  await log.deleteRecords(at, 0)
  await log.rewrite(at, { before: 0, replace: (batch) => batch })
  await log.commitOffsets('g', [])
  await log.committedOffsets('g')
  await log.deleteOffsets('g')
  await log.groups()
  await log.deleteTopic('t')
  await all.dropTenant(tenant)
  const operations =
    'createTopic addPartitions changeSettings topic topics append read bounds findTimestamp size findSize'
  const others = 'deleteRecords rewrite commitOffsets committedOffsets deleteOffsets groups deleteTopic dropTenant'
  assert.deepEqual(
    names,
    `${operations} ${others}`.split(' ').map((name) => `log.${name}`),
  )
})
