import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, formatAgo, formatBytes, recordsOf } from './figures.ts'

test('sizes have three digits and the unit that fits', () => {
  const sizes: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1_536_000, '1.46 MiB'],
    [150 * 1024 ** 3, '150 GiB'],
    [2 ** 70, '1048576 PiB'],
  ]
  for (const [bytes, text] of sizes) assert.equal(formatBytes(bytes), text)
})

test('a time is told by how long ago it was', () => {
  const now = Date.parse('2026-03-09T08:00:00Z')
  assert.equal(formatAgo('2026-03-09T07:59:40Z', now), 'just now')
  assert.match(formatAgo('2026-03-09T05:00:00Z', now), /3/)
})

test('records and bytes of a topic are those of its partitions together', () => {
  const bounds = [
    { partition: 0, startOffset: 5, endOffset: 15, bytes: 100 },
    { partition: 1, startOffset: 0, endOffset: 3, bytes: 20 },
  ]
  assert.equal(recordsOf(bounds), 13)
  assert.equal(bytesOf(bounds), 120)
})
