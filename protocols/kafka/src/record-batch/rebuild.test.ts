import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import {
  checkRecordBatch,
  codecs,
  decodeRecordBatch,
  encodeEndMarker,
  encodeRecordBatch,
  readControlBatch,
  readEndMarker,
  readRecordBatchHeader,
  rebuildRecordBatch,
  setLogAppendTime,
} from './index.ts'

const times = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 })
const batchOf = (timestamps: readonly number[], codec: (typeof codecs)[number] = 'none'): Uint8Array =>
  encodeRecordBatch({
    records: timestamps.map((timestampMs, index) => ({
      key: Buffer.from(`key-${index}`),
      value: Buffer.from(`value-${index}`),
      timestampMs,
    })),
    codec,
    baseOffset: 1000,
    producerId: 7,
    producerEpoch: 2,
    baseSequence: 40,
    isTransactional: true,
  })

const crcIsRight = (batch: Uint8Array): boolean => readRecordBatchHeader(batch).crc === crc32c(batch.subarray(21))

test('a rebuilt batch has the kept records where they were, and all else as it was', () => {
  for (const codec of codecs) {
    fc.assert(
      fc.property(times, fc.func(fc.boolean()), (timestamps, keep) => {
        const batch = batchOf(timestamps, codec)
        const whole = decodeRecordBatch(batch)
        const kept = whole.records.filter(({ offset }) => keep(offset))
        const rebuilt = rebuildRecordBatch(batch, ({ offset }) => keep(offset))
        if (kept.length === 0) return assert.equal(rebuilt, undefined)
        const { header, records } = decodeRecordBatch(rebuilt!)
        assert.ok(crcIsRight(rebuilt!))
        assert.deepEqual(records, kept)
        const { bytes: _, crc: __, ...same } = header
        const { bytes: ___, crc: ____, ...was } = whole.header
        const maxTimestampMs = Math.max(...kept.map(({ timestampMs }) => timestampMs))
        assert.deepEqual(same, { ...was, recordCount: kept.length, maxTimestampMs })
      }),
      { numRuns: 30 },
    )
  }
})

test('a batch of which all is kept is the batch itself', () => {
  const batch = batchOf([1, 2, 3], 'lz4')
  assert.equal(
    rebuildRecordBatch(batch, () => true),
    batch,
  )
})

test('an emptied batch keeps its offsets, its producer and its largest time, and stays so', () => {
  const batch = batchOf([5, 9, 7], 'zstd')
  const empty = rebuildRecordBatch(batch, () => false, { keepEmpty: true })!
  const { header, records } = decodeRecordBatch(empty)
  assert.deepEqual(records, [])
  assert.ok(crcIsRight(empty))
  assert.deepEqual(
    [header.baseOffset, header.lastOffsetDelta, header.recordCount, header.codec, header.isTransactional],
    [1000, 2, 0, 'none', true],
  )
  assert.deepEqual([header.producerId, header.producerEpoch, header.baseSequence, header.maxTimestampMs], [7, 2, 40, 9])
  assert.equal(
    rebuildRecordBatch(empty, () => true, { keepEmpty: true }),
    empty,
  )
  assert.equal(
    rebuildRecordBatch(empty, () => true),
    undefined,
  )
  assert.deepEqual(checkRecordBatch(empty), { ok: false, problem: 'bad-count' }, 'no client may send it')
})

test('a log that sets its own time gives it to all records of a batch', () => {
  const batch = batchOf([5, 9, 7])
  setLogAppendTime(batch, 123)
  assert.ok(crcIsRight(batch))
  const { header, records } = decodeRecordBatch(batch)
  assert.deepEqual([header.timestampType, header.maxTimestampMs, header.baseTimestampMs], ['log-append', 123, 5])
  assert.deepEqual(
    records.map(({ timestampMs }) => timestampMs),
    [123, 123, 123],
  )
  const rebuilt = rebuildRecordBatch(batch, ({ offset }) => offset === 1001)!
  assert.equal(decodeRecordBatch(rebuilt).records[0]!.timestampMs, 123)
})

test('an end marker tells how its transaction ended, has no record for readers, and none may send it', () => {
  for (const commit of [true, false]) {
    const marker = encodeEndMarker({ producerId: 7, producerEpoch: 2, commit, coordinatorEpoch: 3, timestampMs: 99 })
    const { header, records } = decodeRecordBatch(marker)
    assert.deepEqual(records, [])
    assert.deepEqual(
      [header.isControl, header.isTransactional, header.producerId, header.producerEpoch, header.baseSequence],
      [true, true, 7, 2, -1],
    )
    assert.equal(header.maxTimestampMs, 99)
    assert.deepEqual(readEndMarker(marker), { commit, coordinatorEpoch: 3 })
    assert.deepEqual(readControlBatch(marker), { type: commit ? 'commit' : 'abort' })
    assert.deepEqual(checkRecordBatch(marker), { ok: false, problem: 'control-batch' })
  }
})

test('a control batch whose record was cleaned away says nothing, and other batches say nothing either', () => {
  const marker = encodeEndMarker({
    producerId: 7,
    producerEpoch: 2,
    commit: true,
    coordinatorEpoch: 3,
    timestampMs: 9,
  })
  assert.equal(readEndMarker(rebuildRecordBatch(marker, () => false, { keepEmpty: true })!), undefined)
  assert.equal(readEndMarker(batchOf([1])), undefined)
})
