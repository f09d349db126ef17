import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import { IndexCache } from './index-cache.ts'
import { decodeIndex, encodeIndex } from './index-file.ts'
import { writeAll } from './log-files.ts'
import { OpenFiles } from './open-files.ts'
import { segmentAt } from './segment.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { TailCache } from './tail-cache.ts'

test('the tail cache keeps the newest payloads within its bytes', () => {
  const cache = new TailCache(10_000)
  const segment = segmentAt('/x', 1)
  for (let position = 0; position < 1000; position++) {
    cache.put(segment, position, new Uint8Array(850))
    assert.ok(cache.bytes <= 10_000)
  }
  const held = Array.from({ length: 1000 }, (_, position) => cache.get(segment, position) !== undefined)
  assert.deepEqual(
    held.slice(-10),
    Array.from({ length: 10 }, () => true),
  )
  assert.equal(held.filter(Boolean).length, 10)
  assert.equal(cache.get(segmentAt('/x', 1), 999), undefined, 'Another opening of the segment has other entries.')
  cache.put(segment, 2000, new Uint8Array(20_000))
  assert.equal(cache.bytes, 0)
  cache.put(segment, 2001, new Uint8Array(10))
  assert.equal(cache.get(segment, 2001)?.length, 10)
})

test('the index cache keeps those used last within its bytes, and loads each once at a time', async () => {
  const indexBytes = encodeIndex({ sequence: 1, generation: 0, isSealed: true, segmentBytes: 0, partitions: [] })
  const cache = new IndexCache(indexBytes.length * 2)
  let loads = 0
  const load = async () => {
    loads++
    return decodeIndex(indexBytes, { sequence: 1, generation: 0 })!
  }
  const [a, b, c] = [1, 2, 3].map((sequence) => segmentAt('/x', sequence))
  await Promise.all([cache.get(a!, load), cache.get(a!, load)])
  assert.equal(loads, 1)
  for (const segment of [b!, a!, c!, a!]) await cache.get(segment, load)
  assert.equal(loads, 3)
  assert.equal(cache.bytes, indexBytes.length * 2)
  await cache.get(b!, load)
  assert.equal(loads, 4)
})

test('open files stay within their bound, but for those in use', async () => {
  const files = new OpenFiles(new SimulatedDisk(seededRandomness(1)).mount(), 2)
  const gate = Promise.withResolvers<void>()
  const using = Array.from({ length: 4 }, (_, i) => files.use(`/d/${i}`, 'write', () => gate.promise))
  gate.resolve()
  await Promise.all(using)
  for (let i = 0; i < 10; i++) {
    await files.use(`/d/${i}`, 'write', async (file) => writeAll(file, [Buffer.from('x')], 0))
    assert.ok(files.size <= 2)
  }
  await files[Symbol.asyncDispose]()
  assert.equal(files.size, 0)
})
