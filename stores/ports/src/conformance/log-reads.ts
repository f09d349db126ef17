import assert from 'node:assert/strict'
import { baseOffset } from '@koine/protocols-kafka/record-batch'
import { appended, at, batchOf, everything, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const readCases = (withTopic: WithTopic): Cases => ({
  'a read starts with the batch that holds its offset': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await appended(log, ['d'])
    assert.deepEqual(valuesOf(await log.read(at, { ...everything, offset: 2 })), ['a', 'b', 'c', 'd'])
    assert.deepEqual(valuesOf(await log.read(at, { ...everything, offset: 3 })), ['d'])
  }),
  'a read at the end is empty; outside the bounds it says so': withTopic(async ({ log }) => {
    const empty = { startOffset: 0, endOffset: 0 }
    assert.deepEqual(await log.read(at, everything), { ok: true, batches: [], ...empty })
    assert.deepEqual(await log.read(at, { ...everything, offset: 1 }), {
      ok: false,
      reason: 'offset-out-of-range',
      ...empty,
    })
    await appended(log, ['a'])
    const one = { startOffset: 0, endOffset: 1 }
    assert.deepEqual(await log.read(at, { ...everything, offset: 1 }), { ok: true, batches: [], ...one })
    for (const offset of [-1, 2]) {
      assert.deepEqual(await log.read(at, { ...everything, offset }), {
        ok: false,
        reason: 'offset-out-of-range',
        ...one,
      })
    }
  }),
  'a read returns about as much as asked for, but never less than a batch': withTopic(async ({ log }) => {
    const value = 'x'.repeat(1000)
    for (let i = 0; i < 20; i++) await appended(log, [value])
    const tiny = await log.read(at, { offset: 3, bytesMax: 1 })
    assert.equal(tiny.ok && tiny.batches.length, 1)
    const some = await log.read(at, { offset: 0, bytesMax: 5500 })
    assert.equal(some.ok && some.batches.length, 5)
  }),
  'reading on from page to page sees every record once, in order': withTopic(async ({ log }) => {
    const values = Array.from({ length: 300 }, (_, i) => `${i}:${'x'.repeat((i * 37) % 500)}`)
    await Promise.all(values.map((value, i) => appended(log, [value], i, { topic: 'events', partition: i % 2 })))
    for (const partition of [0, 1]) {
      const seen: string[] = []
      for (let offset = 0; ;) {
        const read = await log.read({ topic: 'events', partition }, { offset, bytesMax: 2000 })
        seen.push(...valuesOf(read))
        if (!read.ok || read.batches.length === 0) break
        offset = baseOffset(read.batches.at(-1)!) + 1
      }
      assert.deepEqual(
        seen,
        values.filter((_, i) => i % 2 === partition),
      )
    }
  }),
  'a timestamp finds the first batch that reaches it': withTopic(async ({ log }) => {
    assert.equal(await log.findTimestamp(at, 0), undefined)
    await appended(log, ['a', 'b'], 100)
    await appended(log, ['c'], 50)
    await log.append(at, Buffer.concat([batchOf(['d'], 200), batchOf(['e', 'f'], 300)]))
    assert.deepEqual(await log.findTimestamp(at, 0), { offset: 0, timestampMs: 101 })
    assert.deepEqual(await log.findTimestamp(at, 101), { offset: 0, timestampMs: 101 })
    assert.deepEqual(await log.findTimestamp(at, 102), { offset: 3, timestampMs: 200 })
    assert.deepEqual(await log.findTimestamp(at, 201), { offset: 4, timestampMs: 301 })
    assert.equal(await log.findTimestamp(at, 302), undefined)
  }),
})
