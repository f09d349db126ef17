import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Append, layOut } from './append.ts'
import { frameHeaderBytes, isFrameIntact, readFrameHeader } from './frame.ts'

const append = (number: number, payload: Uint8Array): Append => ({
  partition: { number, endOffset: 0, nextOffset: 0, maxTimestampMs: 0 },
  payload,
  durability: 'sync',
  baseOffset: 0,
  endOffset: 1,
  maxTimestampMs: 0,
  resolve: () => {},
  reject: () => {},
})

/** Whether each payload is kept as it came, in the buffer that it came in. */
function isKept(payloads: readonly Uint8Array[]): boolean[] {
  const appends = payloads.map((payload, number) => append(number, payload))
  const laidOut = layOut(appends, 640)
  const written = Buffer.concat(laidOut.chunks)
  let at = 0
  for (const [number, payload] of payloads.entries()) {
    const header = readFrameHeader(written, at)
    assert.ok(isFrameIntact(written, at, header))
    assert.deepEqual([header.partition, header.durableBytes], [number, 640])
    at += frameHeaderBytes + payload.length
    assert.deepEqual(written.subarray(at - payload.length, at), Buffer.from(payload))
  }
  assert.equal(at, written.length)
  return laidOut.payloads.map((kept, number) => kept === payloads[number])
}

const filled = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7)

test('small payloads are copied beside their headers, and large ones written where they are', () => {
  assert.deepEqual(isKept([filled(100), filled(50_000), filled(4_000), filled(16_000)]), [false, true, false, true])
})

test('a payload that would keep more than twice its bytes alive is copied, unless the rest is appended too', () => {
  const request = filled(60_000)
  const parts = [0, 20_000, 40_000].map((start) => request.subarray(start, start + 20_000))
  assert.deepEqual(isKept(parts), [true, true, true])
  assert.deepEqual(isKept(parts.slice(1)), [true, true])
  assert.deepEqual(isKept(parts.slice(2)), [false])
})
