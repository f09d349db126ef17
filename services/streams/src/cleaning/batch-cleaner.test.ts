import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch, recordBatchHeaderBytes, setBaseOffset } from '@koine/protocols-kafka/record-batch'
import { AbortedRanges } from './aborted-ranges.ts'
import { BatchCleaner } from './batch-cleaner.ts'
import { NewestOffsets } from './newest-offsets.ts'

const key = Buffer.from('k')
const batchAt = (offset: number, value: Uint8Array | null, codec: 'none' | 'gzip' = 'none'): Uint8Array => {
  const batch = encodeRecordBatch({ records: [{ key, value, timestampMs: 1 }], codec })
  setBaseOffset(batch, offset)
  return batch
}

function cleanerOf(removableBefore: number): BatchCleaner {
  const newest = new NewestOffsets()
  newest.set(key, 9)
  return new BatchCleaner({ newest, aborted: new AbortedRanges(), removableBefore, producers: [] })
}

test('a batch that can’t be read stays as it is, and that tombstones may not rely on it is noted', () => {
  const cleaner = cleanerOf(0)
  const spoilt = batchAt(3, Buffer.from('v'), 'gzip')
  spoilt.fill(0xff, recordBatchHeaderBytes)
  assert.equal(cleaner.replace(batchAt(2, Buffer.from('v'))), undefined)
  assert.equal(cleaner.replace(spoilt), spoilt)
  assert.equal(cleaner.stuckFrom, 3)
})

test('what stays as it is stays the same bytes', () => {
  const cleaner = cleanerOf(0)
  const newest = batchAt(9, Buffer.from('v'))
  assert.equal(cleaner.replace(newest), newest)
  assert.equal(cleaner.stuckFrom, undefined)
})

test('tombstones whose time isn’t over are counted, and the others go', () => {
  const cleaner = cleanerOf(9)
  assert.ok(cleaner.replace(batchAt(9, null)))
  assert.equal(cleaner.tombstonesLeft, 1)
  assert.equal(cleanerOf(10).replace(batchAt(9, null)), undefined)
})
