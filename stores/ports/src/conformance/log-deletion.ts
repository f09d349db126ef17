import assert from 'node:assert/strict'
import { appended, at, batchOf, everything, otherAt, recordsFrom, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

const nowhere = { topic: 'events', partition: 9 }

export const deletionCases = (withTopic: WithTopic): Cases => ({
  'records that are given up are gone for readers, and the rest stays in place': withTopic(async ({ log }) => {
    for (const value of ['a', 'b', 'c']) await appended(log, [value])
    await appended(log, ['x'], 0, otherAt)
    assert.deepEqual(await log.deleteRecords(at, 2), { ok: true, startOffset: 2, endOffset: 3 })
    assert.deepEqual(await log.bounds(at), { startOffset: 2, endOffset: 3 })
    assert.deepEqual(await log.read(at, everything), {
      ok: false,
      reason: 'offset-out-of-range',
      startOffset: 2,
      endOffset: 3,
    })
    assert.deepEqual(await recordsFrom(log, 2), [[2, 'c']])
    assert.deepEqual(await log.bounds(otherAt), { startOffset: 0, endOffset: 1 })
    assert.deepEqual(await log.append(at, batchOf(['d'])), { ok: true, baseOffset: 3, startOffset: 2 })
  }),
  'a partition may start within a batch': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await appended(log, ['d'])
    await log.deleteRecords(at, 2)
    assert.deepEqual(await log.bounds(at), { startOffset: 2, endOffset: 4 })
    assert.deepEqual(await recordsFrom(log, 2), [
      [2, 'c'],
      [3, 'd'],
    ])
  }),
  'giving up everything leaves an empty partition that goes on where it was': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b'])
    assert.deepEqual(await log.deleteRecords(at, 2), { ok: true, startOffset: 2, endOffset: 2 })
    assert.deepEqual(valuesOf(await log.read(at, { ...everything, offset: 2 })), [])
    assert.equal(await log.size(at), 0)
    assert.equal(await log.findTimestamp(at, 0), undefined)
    assert.equal(await appended(log, ['c']), 2)
    assert.deepEqual(await recordsFrom(log, 2), [[2, 'c']])
  }),
  'a start never goes back, and never beyond the end': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await log.deleteRecords(at, 2)
    const bounds = { startOffset: 2, endOffset: 3 }
    for (const before of [0, 1, 2]) assert.deepEqual(await log.deleteRecords(at, before), { ok: true, ...bounds })
    for (const before of [-1, 4]) {
      assert.deepEqual(await log.deleteRecords(at, before), { ok: false, reason: 'offset-out-of-range', ...bounds })
    }
    assert.deepEqual(await log.deleteRecords(nowhere, 0), { ok: false, reason: 'no-such-partition' })
    for (const before of [1.5, Number.NaN, Infinity]) {
      await assert.rejects(log.deleteRecords(at, before), { code: 'invalid_request' })
    }
    assert.deepEqual(await log.bounds(at), bounds)
  }),
  'starts moved at once end up at the last': withTopic(async ({ log }) => {
    for (let i = 0; i < 20; i++) await appended(log, [`${i}`])
    await Promise.all([5, 17, 9, 1, 12].map((before) => log.deleteRecords(at, before)))
    assert.equal((await log.bounds(at))?.startOffset, 17)
  }),
  'a timestamp is found only among what is still held': withTopic(async ({ log }) => {
    await appended(log, ['a'], 300)
    await appended(log, ['b', 'c', 'd'], 100)
    await appended(log, ['e'], 200)
    await log.deleteRecords(at, 2)
    assert.deepEqual(await log.findTimestamp(at, 0), { offset: 2, timestampMs: 102 })
    assert.deepEqual(await log.findTimestamp(at, 150), { offset: 4, timestampMs: 200 })
    assert.equal(await log.findTimestamp(at, 250), undefined)
  }),
  'a size counts what is held, and finds from where on so much is': withTopic(async ({ log }) => {
    assert.equal(await log.size(at), 0)
    assert.equal(await log.findSize(at, 100), 0)
    assert.equal(await log.size(nowhere), undefined)
    assert.equal(await log.findSize(nowhere, 1), undefined)
    const batches = ['a', 'bb'.repeat(500), 'c', 'dd', 'e'.repeat(900)].map((value) => batchOf([value]))
    const bytes = batches.map(({ length }) => length)
    for (const batch of batches) await log.append(at, batch)
    await appended(log, ['x'.repeat(5000)], 0, otherAt)
    const heldFrom = (first: number): number => bytes.slice(first).reduce((sum, each) => sum + each, 0)
    assert.equal(await log.size(at), heldFrom(0))
    assert.equal(await log.findSize(at, 0), 5)
    assert.equal(await log.findSize(at, bytes[4]! - 1), 5)
    for (const from of [0, 1, 2, 3, 4]) assert.equal(await log.findSize(at, heldFrom(from)), from)
    assert.equal(await log.findSize(at, heldFrom(2) - 1), 3)
    assert.equal(await log.findSize(at, Infinity), 0)
    await log.deleteRecords(at, 2)
    assert.equal(await log.size(at), heldFrom(2))
    assert.equal(await log.findSize(at, Infinity), 2)
    assert.equal(await log.findSize(at, heldFrom(3)), 3)
  }),
  'a topic made again starts at 0, whatever was given up before': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b'])
    await log.deleteRecords(at, 2)
    await log.deleteTopic('events')
    assert.deepEqual(await log.deleteRecords(at, 0), { ok: false, reason: 'no-such-partition' })
    assert.equal(await log.size(at), undefined)
    await log.createTopic({ name: 'events', partitions: 1 })
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 0 })
    assert.equal(await appended(log, ['new']), 0)
  }),
  'what was given up stays so after closing and opening again, and no offset comes twice': withTopic(
    async ({ opened, tenant, log }) => {
      if (!opened.reopen) return
      for (let i = 0; i < 30; i++) {
        await appended(log, [`${i}`.padEnd(200, '.')])
        await appended(log, [`${i}`.padEnd(200, '.')], 0, otherAt)
      }
      await log.deleteRecords(at, 30)
      await log.deleteRecords(otherAt, 17)
      for (let round = 0; round < 3; round++) {
        const again = (await opened.reopen()).forTenant(tenant)
        assert.deepEqual(await again.bounds(at), { startOffset: 30, endOffset: 30 + round })
        assert.deepEqual(await again.bounds(otherAt), { startOffset: 17, endOffset: 30 })
        assert.equal((await recordsFrom(again, 17, otherAt)).length, 13)
        assert.equal(await appended(again, ['next']), 30 + round)
      }
    },
  ),
})
