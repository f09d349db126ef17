import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '@koine/protocols-kafka'
import { FrameSplitter } from './frame-splitter.ts'

function framed(bodies: readonly Uint8Array[]): Buffer {
  const sizes = bodies.map(({ length }) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(length)
    return size
  })
  return Buffer.concat(bodies.flatMap((body, i) => [sizes[i]!, body]))
}

test('frames come out whole and in order, however the bytes arrive', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 })
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (bodies, steps) => {
      const bytes = framed(bodies)
      const splitter = new FrameSplitter(100)
      const frames: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const step = steps[i % steps.length]!
        frames.push(...splitter.push(bytes.subarray(at, at + step)))
        at += step
      }
      assert.deepEqual(
        frames.map((each) => [...each]),
        bodies.map((each) => [...each]),
      )
    }),
  )
})

test('a frame larger than the first room grows as it arrives', () => {
  const body = Buffer.alloc(9 * 1024 * 1024, 'abc')
  const bytes = framed([body, Buffer.from('next')])
  const splitter = new FrameSplitter(10 * 1024 * 1024)
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 65_536) frames.push(...splitter.push(bytes.subarray(at, at + 65_536)))
  assert.equal(frames.length, 2)
  assert.equal(Buffer.compare(frames[0]!, body), 0)
})

for (const length of [-1, 101, 0x7fff_ffff, -2_147_483_648]) {
  test(`a declared length of ${length} is refused where 100 is the limit`, () => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(length)
    assert.throws(() => new FrameSplitter(100).push(size), ProtocolError)
  })
}

test('a declared length alone costs little memory', () => {
  const before = process.memoryUsage().arrayBuffers
  const size = Buffer.alloc(5)
  size.writeInt32BE(100_000_000)
  const splitters = Array.from({ length: 5 }, () => {
    const splitter = new FrameSplitter(100_000_000)
    splitter.push(size)
    return splitter
  })
  assert.equal(splitters.length, 5)
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000)
})
