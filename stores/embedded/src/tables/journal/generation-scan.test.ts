import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanGeneration } from './generation-scan.ts'
import { encodeFrame } from './journal-frame.ts'

const changes = (text: string) => new Map([[`t\0p\0${text}`, [1, { text }] as const]])
const frame = (generation: number, number: number) => encodeFrame({ generation, number }, changes(`${number}`))
const generation = (name: number, frames: number) =>
  Buffer.concat(Array.from({ length: frames }, (_, number) => frame(name, number)))
const found = (bytes: Buffer, keptElsewhere = 0) => {
  const scanned = scanGeneration(bytes, 'journal-0', keptElsewhere)
  return scanned && [scanned.generation, scanned.commits.length, scanned.bytes]
}
const damaged = { code: 'unavailable', message: /damaged/ }

test('a generation ends at the first frame that is not whole', () => {
  const bytes = generation(1, 3)
  assert.deepEqual(found(bytes), [1, 3, bytes.length])
  const last = frame(1, 2).length
  for (const missing of [1, 10, last - 1]) {
    assert.deepEqual(found(bytes.subarray(0, bytes.length - missing)), [1, 2, bytes.length - last])
  }
  assert.equal(found(Buffer.alloc(0)), undefined)
  assert.equal(found(Buffer.alloc(100)), undefined)
})

test('what an earlier generation left behind it does not count', () => {
  const bytes = Buffer.concat([generation(3, 1), generation(1, 9).subarray(frame(3, 0).length)])
  assert.deepEqual(found(bytes, 2), [3, 1, frame(3, 0).length])
  assert.equal(found(generation(1, 9), 2), undefined)
})

test('damage before something whole is told from an unfinished write', () => {
  for (const at of [0, 5, 25]) {
    for (const start of [0, frame(1, 0).length]) {
      const bytes = generation(1, 3)
      bytes[start + at]! ^= 1
      assert.throws(() => found(bytes), damaged)
    }
  }
})

test('any cut of a journal gives the frames before it', () => {
  const bytes = generation(1, 5)
  for (let end = 0; end <= bytes.length; end++) {
    assert.equal(found(bytes.subarray(0, end))?.[1] ?? 0, Math.floor(end / frame(1, 0).length))
  }
})
