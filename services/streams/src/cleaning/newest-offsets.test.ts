import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewestOffsets } from './newest-offsets.ts'

test('the newest offset of each key is known, however many there are', () => {
  const newest = new NewestOffsets()
  const keyOf = (i: number): Uint8Array => Buffer.from(`key ${i}`)
  for (let i = 0; i < 20_000; i++) newest.set(keyOf(i % 7_000), i)
  assert.equal(newest.size, 7_000)
  for (let i = 0; i < 7_000; i++) assert.equal(newest.get(keyOf(i)), i < 6_000 ? i + 14_000 : i + 7_000)
  assert.equal(newest.get(keyOf(7_000)), undefined)
})

test('an empty key is a key, and offset 0 an offset', () => {
  const newest = new NewestOffsets()
  newest.set(new Uint8Array(0), 0)
  assert.equal(newest.get(new Uint8Array(0)), 0)
})
