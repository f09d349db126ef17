import assert from 'node:assert/strict'
import { baseOffset, checkRecordBatch, splitRecordBatches } from '@koine/protocols-kafka/record-batch'
import { logLimits } from '../log.ts'
import { appended, at, batchOf, everything, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const appendCases = (withTopic: WithTopic): Cases => ({
  'appends get consecutive offsets, per partition': withTopic(async ({ log }) => {
    assert.equal(await appended(log, ['a', 'b']), 0)
    assert.equal(await appended(log, ['c']), 2)
    assert.equal(await appended(log, ['x'], 0, { topic: 'events', partition: 1 }), 0)
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 3 })
  }),
  'appends at once each get offsets of their own, in the order of the calls': withTopic(async ({ log }) => {
    const offsets = await Promise.all(Array.from({ length: 50 }, (_, i) => appended(log, [`${i}`, `${i}'`])))
    assert.deepEqual(
      offsets,
      Array.from({ length: 50 }, (_, i) => 2 * i),
    )
    const values = valuesOf(await log.read(at, everything))
    assert.deepEqual(values, Array.from({ length: 50 }, (_, i) => [`${i}`, `${i}'`]).flat())
  }),
  'several batches in one append stay in order and are read one by one': withTopic(async ({ log }) => {
    await appended(log, ['first'])
    const both = Buffer.concat([batchOf(['a', 'b']), batchOf(['c']), batchOf(['d'])])
    assert.deepEqual(await log.append(at, both), { ok: true, baseOffset: 1, startOffset: 0 })
    const read = await log.read(at, { ...everything, offset: 3 })
    assert.deepEqual(valuesOf(read).slice(-2), ['c', 'd'])
    const whole = await log.read(at, everything)
    assert.ok(whole.ok)
    assert.deepEqual(
      whole.batches.map((batch) => baseOffset(batch)),
      [0, 1, 3, 4],
    )
    for (const batch of whole.batches) assert.equal(splitRecordBatches(batch).ok && checkRecordBatch(batch).ok, true)
  }),
  'a partition that is not there is a value': withTopic(async ({ log }) => {
    for (const nowhere of [
      { topic: 'events', partition: 2 },
      { topic: 'events', partition: -1 },
      { topic: 'none', partition: 0 },
    ]) {
      assert.deepEqual(await log.append(nowhere, batchOf(['a'])), { ok: false, reason: 'no-such-partition' })
      assert.deepEqual(await log.read(nowhere, everything), { ok: false, reason: 'no-such-partition' })
      assert.equal(await log.bounds(nowhere), undefined)
    }
  }),
  'bytes that are not whole batches are refused and leave nothing': withTopic(async ({ log }) => {
    const batch = batchOf(['a'])
    for (const bytes of [new Uint8Array(), batch.subarray(0, -1), Buffer.concat([batch, batch.subarray(0, 30)])]) {
      await assert.rejects(log.append(at, bytes), { code: 'invalid_request' })
    }
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 0 })
  }),
  'a batch over the limit is refused and the largest is taken': withTopic(async ({ log }) => {
    const largest = batchOf(['x'.repeat(logLimits.batchBytes - 61 - 15)])
    assert.ok(largest.length <= logLimits.batchBytes && largest.length > logLimits.batchBytes - 8)
    assert.ok((await log.append(at, largest)).ok)
    await assert.rejects(log.append(at, batchOf(['x'.repeat(logLimits.batchBytes)])), { code: 'too_large' })
  }),
})

export const waitingCases = (withTopic: WithTopic): Cases => ({
  'a listener hears of appends to its partition once they can be read, until it is disposed of': withTopic(
    async ({ log }) => {
      const seen: Promise<string[]>[] = []
      const listening = log.onAppend(at, () => void seen.push(log.read(at, everything).then(valuesOf)))
      await appended(log, ['x'], 0, { topic: 'events', partition: 1 })
      assert.equal(seen.length, 0)
      await appended(log, ['a'])
      assert.ok((await Promise.all(seen)).at(-1)?.includes('a'))
      const heard = seen.length
      listening[Symbol.dispose]()
      await appended(log, ['b'])
      assert.equal(seen.length, heard)
    },
  ),
  'a listener hears that its topic was deleted': withTopic(async ({ log }) => {
    let heard = 0
    using _listening = log.onAppend(at, () => heard++)
    await log.deleteTopic('events')
    assert.equal(heard, 1)
  }),
  'a listener may come before its topic': withTopic(async ({ log }) => {
    let heard = 0
    using _listening = log.onAppend({ topic: 'later', partition: 0 }, () => heard++)
    await log.createTopic({ name: 'later', partitions: 1 })
    await appended(log, ['a'], 0, { topic: 'later', partition: 0 })
    assert.ok(heard > 0)
  }),
})
