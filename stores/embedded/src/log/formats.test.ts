import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { frameHeaderBytes, isFrameIntact, putFrame, putFrameHeader, readFrameHeader, spanOf } from './frame.ts'
import { decodeIndex, encodeIndex } from './index-file.ts'
import { FrameList, rowOf } from './segment-index.ts'

test('a frame of version 1 reads as it was written once', () => {
  const kept = Buffer.from('b283dcf700000005010000000000000768656c6c6f', 'hex')
  const header = readFrameHeader(kept, 0)
  const expected = { crc: 0, payloadBytes: 5, version: 1, group: 0, durableBytes: 0, partition: 7 }
  assert.deepEqual({ ...header, crc: 0 }, expected)
  assert.ok(isFrameIntact(kept, 0, header))
  assert.equal(kept.subarray(frameHeaderBytes).toString(), 'hello')
})

test('a frame of version 2 reads as it was written once, and tells what was on the disk in units of 64 bytes', () => {
  const kept = Buffer.from('71e8b7e9000000050200009c0000000768656c6c6f', 'hex')
  const header = readFrameHeader(kept, 0)
  const expected = { crc: 0, payloadBytes: 5, version: 2, group: 0, durableBytes: 9984, partition: 7 }
  assert.deepEqual({ ...header, crc: 0 }, expected)
  assert.ok(isFrameIntact(kept, 0, header))
  const again = Buffer.alloc(kept.length)
  putFrame(again, 0, { partition: 7, durableBytes: 10_000 }, Buffer.from('hello'))
  assert.deepEqual(again, kept)
  putFrame(again, 0, { partition: 7, durableBytes: 2 ** 40 }, Buffer.from('hello'))
  assert.equal(readFrameHeader(again, 0).durableBytes, 0xff_ffff * 64)
})

test('a frame is the same whether its payload is copied or written apart', () => {
  const payload = Buffer.from('hello')
  const origin = { partition: 7, durableBytes: 128 }
  const whole = Buffer.alloc(frameHeaderBytes + 5)
  assert.equal(putFrame(whole, 0, origin, payload), whole.length)
  const apart = Buffer.alloc(frameHeaderBytes)
  assert.equal(putFrameHeader(apart, 0, origin, payload), frameHeaderBytes)
  assert.deepEqual(Buffer.concat([apart, payload]), whole)
})

test('a frame with any byte changed is not intact', () => {
  const frame = Buffer.alloc(frameHeaderBytes + 5)
  putFrame(frame, 0, { partition: 7, durableBytes: 0x0102 }, Buffer.from('hello'))
  for (let at = 0; at < frame.length; at++) {
    if (at >= 4 && at < 8) continue // The length: what it spans is read first.
    const changed = Buffer.from(frame)
    changed[at]! ^= 0x10
    assert.equal(isFrameIntact(changed, 0, readFrameHeader(changed, 0)), false, `byte ${at}`)
  }
})

test('the span of a payload covers all its batches', () => {
  const batch = (baseOffset: number, count: number, timestampMs: number): Uint8Array =>
    encodeRecordBatch({
      baseOffset,
      records: Array.from({ length: count }, () => ({ key: null, value: null, timestampMs })),
    })
  const payload = Buffer.concat([batch(10, 2, 500), batch(12, 3, 400)])
  assert.deepEqual(spanOf(payload), { baseOffset: 10, endOffset: 15, maxTimestampMs: 500 })
  assert.equal(spanOf(payload.subarray(0, -1)), undefined)
  assert.equal(spanOf(new Uint8Array()), undefined)
})

function frames(...rows: readonly [number, number, number, number][]): FrameList {
  const list = new FrameList()
  for (const [baseOffset, maxTimestampMs, position, payloadBytes] of rows) {
    list.push({ baseOffset, maxTimestampMs, position, payloadBytes })
  }
  return list
}

const name = { sequence: 3, generation: 6 }
const contents = {
  ...name,
  isSealed: true,
  segmentBytes: 1234,
  partitions: [
    { number: 9, endOffset: 2 ** 40, maxTimestampMs: -Infinity, frames: undefined },
    { number: 2, endOffset: 8, maxTimestampMs: 77, frames: frames([5, 70, 16, 100], [6, 77, 300, 200]) },
  ],
}

test('an index tells where frames are and how far each partition reached', () => {
  const index = decodeIndex(encodeIndex(contents), name)!
  assert.equal(index.segmentBytes, 1234)
  assert.equal(index.isSealed, true)
  assert.deepEqual([...index.partitions()], [2, 9])
  assert.deepEqual(index.reached(2), { endOffset: 8, maxTimestampMs: 77 })
  assert.deepEqual(index.reached(9), { endOffset: 2 ** 40, maxTimestampMs: -Infinity })
  assert.equal(index.reached(1), undefined)
  assert.equal(index.frames(9), undefined)
  assert.deepEqual(
    [2, 9, 1].map((number) => index.payloadBytes(number)),
    [300, 0, 0],
  )
  const found = index.frames(2)!
  const row = (at: number) => [
    found.baseOffset(at),
    found.maxTimestampMs(at),
    found.position(at),
    found.payloadBytes(at),
  ]
  assert.deepEqual([found.count, row(0), row(1)], [2, [5, 70, 16, 100], [6, 77, 300, 200]])
})

test('an index of version 1 reads as it was written once', () => {
  const kept = Buffer.from(
    '6b6f696e6569647867761a2d00010001400800000000000040934800000000000000000200000002000000020000000000000002000000000000000000000000402000000000000040534000000000000000000900000002000000000000000000000000000000004270000000000000fff0000000000000401400000000000040518000000000000000001000000064401800000000000040534000000000000000012c000000c8',
    'hex',
  )
  const index = decodeIndex(kept, { sequence: 3, generation: 0 })!
  assert.deepEqual([...index.partitions()], [2, 9])
  assert.deepEqual(index.reached(2), { endOffset: 8, maxTimestampMs: 77 })
  assert.equal(index.frames(2)?.count, 2)
  assert.equal(index.frames(2)?.position(1), 300)
  assert.equal(index.payloadBytes(2), 300)
  assert.equal(decodeIndex(kept, name), undefined)
})

test('an index of version 2 reads as it was written once', () => {
  const kept = Buffer.from(
    '6b6f696e6569647835949f5c0002000140080000000000004093480000000000000000020000000200000006000000000000000200000000000000020000012c0000000000000000402000000000000040534000000000000000000900000002000000000000000000000000000000004270000000000000fff0000000000000401400000000000040518000000000000000001000000064401800000000000040534000000000000000012c000000c8',
    'hex',
  )
  assert.deepEqual(encodeIndex(contents), kept)
  assert.equal(decodeIndex(kept, name)?.frames(2)?.count, 2)
})

test('an index with any byte changed, cut off, or of another segment is none', () => {
  const bytes = encodeIndex(contents)
  assert.equal(decodeIndex(bytes, { ...name, sequence: 4 }), undefined)
  assert.equal(decodeIndex(bytes, { ...name, generation: 5 }), undefined)
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    assert.equal(decodeIndex(changed, name), undefined, `byte ${at}`)
    assert.equal(decodeIndex(bytes.subarray(0, at), name), undefined, `cut at ${at}`)
  }
})

test('the row of an offset is the last that starts at or before it', () => {
  const list = frames([0, 0, 0, 0], [10, 0, 0, 0], [11, 0, 0, 0], [50, 0, 0, 0])
  const cases: readonly [number, number][] = [
    [0, 0],
    [9, 0],
    [10, 1],
    [11, 2],
    [49, 2],
    [50, 3],
    [999, 3],
  ]
  for (const [offset, row] of cases) assert.equal(rowOf(list, offset), row, `offset ${offset}`)
})
