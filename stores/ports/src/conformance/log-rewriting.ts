import assert from 'node:assert/strict'
import { baseOffset, decodeRecordBatch, rebuildRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '../log.ts'
import {
  appended,
  at,
  batchOf,
  everything,
  otherAt,
  recordsFrom,
  valuesIn,
  valuesOf,
  type WithTopic,
} from './log-case.ts'
import type { Cases } from './suite.ts'

/** Keeps the records whose values these are. */
const keeping =
  (...values: string[]) =>
  (batch: Uint8Array): Uint8Array | undefined =>
    rebuildRecordBatch(batch, ({ value }) => values.includes(Buffer.from(value!).toString()))

const keepNothing = (): undefined => undefined

/** Rewrites until all before an offset was shown, as a caller does whose engine stops early. */
async function rewriteTo(
  log: TenantLog,
  before: number,
  replace: (batch: Uint8Array) => Uint8Array | undefined,
): Promise<void> {
  const rewritten = await log.rewrite(at, { before, replace })
  assert.ok(rewritten.ok)
  assert.equal(rewritten.rewrittenTo, before)
}

export const rewritingCases = (withTopic: WithTopic): Cases => ({
  'a rewrite is shown each batch that ends before its offset, once and in order, but never the newest': withTopic(
    async ({ log }) => {
      await log.append(at, Buffer.concat([batchOf(['a', 'b']), batchOf(['c'])]))
      for (const value of ['d', 'e', 'f']) await appended(log, [value])
      await appended(log, ['x', 'y'], 0, otherAt)
      const shown: string[] = []
      const replace = (batch: Uint8Array): Uint8Array => {
        shown.push(valuesIn([batch]).join(''))
        return batch
      }
      const rewritten = async (before: number) => {
        const result = await log.rewrite(at, { before, replace })
        return [result.ok && result.rewrittenTo, ...shown.splice(0)]
      }
      assert.deepEqual(await rewritten(0), [0])
      assert.deepEqual(await rewritten(1), [0])
      assert.deepEqual(await rewritten(2), [2, 'ab'])
      assert.deepEqual(await rewritten(4), [4, 'ab', 'c', 'd'])
      assert.deepEqual(await rewritten(6), [5, 'ab', 'c', 'd', 'e'])
      assert.deepEqual(await rewritten(1000), [5, 'ab', 'c', 'd', 'e'])
      assert.deepEqual(valuesOf(await log.read(at, everything)), ['a', 'b', 'c', 'd', 'e', 'f'])
    },
  ),
  'batches go or shrink, offsets stay, and a read within a gap goes on behind it': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await appended(log, ['d'])
    await log.append(at, Buffer.concat([batchOf(['e']), batchOf(['f']), batchOf(['g', 'h'])]))
    for (const value of ['i', 'j', 'k']) await appended(log, [value])
    await rewriteTo(log, 10, keeping('b', 'f', 'h'))
    const left: [number, string][] = [
      [1, 'b'],
      [5, 'f'],
      [7, 'h'],
      [10, 'k'],
    ]
    for (let offset = 0; offset <= 11; offset++) {
      assert.deepEqual(
        await recordsFrom(log, offset),
        left.filter(([at]) => at >= offset),
        `from ${offset}`,
      )
    }
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 11 })
    const first = await log.read(at, { offset: 3, bytesMax: 1 })
    assert.deepEqual(first.ok && first.batches.map((batch) => baseOffset(batch)), [5])
    assert.equal(await appended(log, ['l']), 11)
  }),
  'the newest batch stays even when all others go, and so does the end': withTopic(async ({ log }) => {
    for (const value of ['a', 'b', 'c']) await appended(log, [value])
    await rewriteTo(log, 2, keepNothing)
    assert.deepEqual(await recordsFrom(log, 0), [[2, 'c']])
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 3 })
    assert.equal(await appended(log, ['d']), 3)
    await rewriteTo(log, 3, keepNothing)
    assert.deepEqual(await recordsFrom(log, 0), [[3, 'd']])
  }),
  'sizes and timestamps are those of what is left': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b'], 100)
    await appended(log, ['c'], 900)
    await appended(log, ['d'], 200)
    await appended(log, ['e'], 300)
    await rewriteTo(log, 4, keeping('a', 'd'))
    const read = await log.read(at, everything)
    assert.ok(read.ok)
    assert.equal(
      await log.size(at),
      read.batches.reduce((sum, { length }) => sum + length, 0),
    )
    assert.equal(await log.findSize(at, read.batches.at(-1)!.length), 4)
    assert.deepEqual(await log.findTimestamp(at, 0), { offset: 0, timestampMs: 100 })
    assert.deepEqual(await log.findTimestamp(at, 101), { offset: 3, timestampMs: 200 })
    assert.equal(await log.findTimestamp(at, 301), undefined)
  }),
  'what was given up before is not shown any more': withTopic(async ({ log }) => {
    for (const value of ['a', 'b', 'c', 'd']) await appended(log, [value])
    await log.deleteRecords(at, 2)
    const shown: string[] = []
    await rewriteTo(log, 3, (batch) => void shown.push(...valuesIn([batch])))
    assert.deepEqual(shown, ['c'])
    assert.deepEqual(await log.bounds(at), { startOffset: 2, endOffset: 4 })
    assert.deepEqual(await recordsFrom(log, 2), [[3, 'd']])
  }),
  'partitions are rewritten side by side, and one twice in turn': withTopic(async ({ log }) => {
    for (let i = 0; i < 20; i++) {
      await appended(log, [`${i}`])
      await appended(log, [`${i}`], 0, otherAt)
    }
    const odd = (batch: Uint8Array) => (baseOffset(batch) % 2 === 1 ? batch : undefined)
    const third = (batch: Uint8Array) => (baseOffset(batch) % 3 === 0 ? batch : undefined)
    await Promise.all([
      log.rewrite(at, { before: 20, replace: odd }),
      log.rewrite(otherAt, { before: 10, replace: third }),
      log.rewrite(at, { before: 15, replace: third }),
    ])
    const offsetsOf = async (from = at) => (await recordsFrom(log, 0, from)).map(([offset]) => offset)
    assert.deepEqual(await offsetsOf(), [3, 9, 15, 17, 19])
    assert.deepEqual(await offsetsOf(otherAt), [0, 3, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  }),
  'readers and appenders go on while it is rewritten': withTopic(async ({ log }) => {
    for (let i = 0; i < 40; i++) await appended(log, [`${i}`.padEnd(100, '.')])
    const kept = (offset: number): boolean => offset % 5 === 0
    const replace = (batch: Uint8Array) => (kept(baseOffset(batch)) ? batch : undefined)
    const over = new AbortController()
    const rewriting = log.rewrite(at, { before: 39, replace }).finally(() => over.abort())
    let appends = 0
    do {
      const seen = (await recordsFrom(log, 0)).map(([offset]) => offset)
      for (let offset = 0; offset < 40 + appends; offset++) {
        assert.ok(seen.includes(offset) || (!kept(offset) && offset < 39), `offset ${offset} is there`)
      }
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      )
      await appended(log, ['more'])
      appends++
    } while (!over.signal.aborted)
    await rewriting
    const left = (await recordsFrom(log, 0)).map(([offset]) => offset)
    assert.deepEqual(left.slice(0, 9), [0, 5, 10, 15, 20, 25, 30, 35, 39])
    assert.equal(left.length, 9 + appends)
  }),
  'a replacement that is no smaller batch of the same offsets is refused, and so is what a callback throws': withTopic(
    async ({ log }) => {
      for (const value of ['a', 'b', 'c']) await appended(log, [value])
      const bad: ((batch: Uint8Array) => Uint8Array)[] = [
        () => new Uint8Array(),
        (batch) => batch.subarray(0, -1),
        () => batchOf(['a much longer value']),
        () => batchOf(['a', 'b']),
        (batch) => Buffer.concat([batch, batch]),
      ]
      for (const replace of bad) {
        await assert.rejects(log.rewrite(at, { before: 2, replace }), { code: 'invalid_request' })
      }
      const failing = (): never => {
        throw new RangeError('the callback’s own')
      }
      await assert.rejects(log.rewrite(at, { before: 2, replace: failing }), RangeError)
      await assert.rejects(log.rewrite(at, { before: 0.5, replace: failing }), { code: 'invalid_request' })
      assert.deepEqual(await log.rewrite({ topic: 'none', partition: 0 }, { before: 1, replace: failing }), {
        ok: false,
        reason: 'no-such-partition',
      })
      assert.deepEqual(valuesOf(await log.read(at, everything)), ['a', 'b', 'c'])
    },
  ),
  'what was rewritten is so after closing and opening again': withTopic(async ({ opened, tenant, log }) => {
    if (!opened.reopen) return
    for (let i = 0; i < 30; i++) {
      await appended(log, [`${i}`.padEnd(200, '.')])
      await appended(log, [`${i}`.padEnd(200, '.')], 0, otherAt)
    }
    await rewriteTo(log, 29, (batch) => (baseOffset(batch) % 10 === 3 ? batch : undefined))
    const again = (await opened.reopen()).forTenant(tenant)
    const offsets = (await recordsFrom(again, 0)).map(([offset]) => offset)
    assert.deepEqual(offsets, [3, 13, 23, 29])
    assert.equal((await recordsFrom(again, 0, otherAt)).length, 30)
    assert.deepEqual(await again.bounds(at), { startOffset: 0, endOffset: 30 })
    assert.equal(await appended(again, ['next']), 30)
  }),
  'batches without records stand for their offsets': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await appended(log, ['d'])
    await rewriteTo(log, 3, (batch) => rebuildRecordBatch(batch, () => false, { keepEmpty: true }))
    const read = await log.read(at, { offset: 1, bytesMax: 1 })
    assert.ok(read.ok)
    assert.deepEqual(
      read.batches.map((batch) => decodeRecordBatch(batch).header.lastOffsetDelta),
      [2],
    )
    assert.deepEqual(await recordsFrom(log, 0), [[3, 'd']])
  }),
})
