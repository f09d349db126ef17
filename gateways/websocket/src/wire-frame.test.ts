import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireFrame } from './wire-frame.ts'

/** Header and payload of RFC 6455, section 5.2, read back by its words. */
function read(frame: Buffer): { opcode: number; masked: boolean; payload: string } {
  const short = frame[1]! & 0x7f
  const [length, start] =
    short < 126 ? [short, 2] : short === 126 ? [frame.readUInt16BE(2), 4] : [Number(frame.readBigUInt64BE(2)), 10]
  assert.equal(frame.length, start + length)
  return { opcode: frame[0]!, masked: (frame[1]! & 0x80) !== 0, payload: frame.toString('utf8', start) }
}

test('a text of any length becomes one final, unmasked text frame', () => {
  for (const length of [0, 1, 124, 125, 126, 127, 65_535, 65_536, 70_000]) {
    const payload = 'x'.repeat(length)
    assert.deepEqual(read(wireFrame(payload)), { opcode: 0x81, masked: false, payload })
  }
})

test('lengths count bytes, not characters', () => {
  for (const payload of ['é'.repeat(63), '👋'.repeat(16_384), 'κοινή']) {
    assert.equal(read(wireFrame(payload)).payload, payload)
  }
})
