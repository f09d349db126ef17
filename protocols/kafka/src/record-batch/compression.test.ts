import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkRecordBatch } from './check.ts'
import { codecs } from './codec.ts'
import { compressRecords, decompressRecords } from './compression.ts'
import { decodeRecordBatch } from './decode.ts'
import { assembleRecordBatch } from './encode.ts'
import { CorruptRecordBatch } from './problem.ts'
import { putVarint } from './varint.ts'
import { xxhash32 } from './xxhash32.ts'

const packers = codecs.filter((codec) => codec !== 'none')
const bytesMax = 1024 * 1024
const text = 'what repeats, what repeats, what repeats: is packed; what repeats, is packed'

/** Bytes with repetitions near and far, and parts that don't repeat. */
const content = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 60 })), { maxLength: 20 })
  .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))))

const emptyFields = {
  baseOffset: 0,
  partitionLeaderEpoch: -1,
  baseTimestampMs: 0,
  maxTimestampMs: 0,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
}

const hex = (value: string): Uint8Array => Buffer.from(value.replaceAll(' ', ''), 'hex')

/** What the lz4 program made of the text, and of 70,000 bytes of it, which are two blocks. */
const packedText = '2b000000 ef7768617420726570656174732c200e0007cb3a206973207061636b65643b2700906973207061636b6564'
const lz4Frames: readonly (readonly [what: string, frame: string, content: string])[] = [
  ['no checksums', `04224d18 6040 82 ${packedText} 00000000`, text],
  ['all checksums and the size', `04224d18 7c40 4c00000000000000 06 ${packedText} af102c06 00000000 f07cb16b`, text],
  [
    'two linked blocks, all checksums',
    '04224d185440ae35010000ef7768617420726570656174732c200e0007cb3a206973207061636b65643b27000519000f3e00070a5a000f4c00' +
      'ff'.repeat(256) +
      '74507265706561b4765f4b1e0000000cf6ff0f9cffffffffffffffffffffffffffffffffffff59506477686174c7a70e5700000000c5d50f72',
    text.repeat(1000).slice(0, 70_000),
  ],
]

test('what is packed unpacks to what it was', () => {
  for (const codec of packers) {
    fc.assert(
      fc.property(content, (bytes) => {
        assert.ok(Buffer.from(decompressRecords(codec, compressRecords(codec, bytes), bytesMax)).equals(bytes))
      }),
      { numRuns: 100 },
    )
  }
})

test('what is larger than a block of the codec, and repeats across blocks, unpacks to what it was', () => {
  for (const size of [32 * 1024, 64 * 1024, 64 * 1024 + 1, 300_000]) {
    const bytes = Buffer.alloc(size, text)
    for (const codec of packers) {
      const packed = compressRecords(codec, bytes)
      assert.ok(packed.length < size / 10, `${codec} packs ${size} bytes into ${packed.length}`)
      assert.ok(Buffer.from(decompressRecords(codec, packed, bytesMax)).equals(bytes), codec)
    }
  }
})

test('what does not repeat grows by little', () => {
  const [bytes] = fc.sample(fc.uint8Array({ minLength: 200_000, maxLength: 200_000, size: 'max' }), {
    numRuns: 1,
    seed: 3,
  })
  for (const codec of packers) assert.ok(compressRecords(codec, bytes!).length < 200_000 * 1.01 + 100, codec)
})

test('an output of exactly the bound is given, one of a byte more is not', () => {
  for (const codec of packers) {
    const packed = compressRecords(codec, Buffer.alloc(5000, text))
    assert.equal(decompressRecords(codec, packed, 5000).length, 5000)
    assert.throws(() => decompressRecords(codec, packed, 4999), { problem: 'too-large' }, codec)
  }
})

test('a few bytes that declare gigabytes cost no memory', () => {
  const before = process.memoryUsage().arrayBuffers
  const bombs: readonly [codec: (typeof codecs)[number], bytes: Uint8Array][] = [
    // A length of 2^32 - 1, and a copy.
    ['snappy', hex('ffffffff0f 00 61 fe0100')],
    // Four megabytes from one sequence whose match is long.
    ['lz4', Buffer.concat([hex('04224d18 6070 73 04400000 1f61 0100'), Buffer.alloc(16_384, 255), hex('00 00000000')])],
    ['gzip', compressRecords('gzip', Buffer.alloc(64 * 1024 * 1024))],
    ['zstd', compressRecords('zstd', Buffer.alloc(64 * 1024 * 1024))],
  ]
  for (const [codec, bytes] of bombs) {
    for (let i = 0; i < 20; i++)
      assert.throws(() => decompressRecords(codec, bytes, 100_000), CorruptRecordBatch, codec)
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 1024 * 1024)
})

test('a batch that unpacks to millions of records or headers is refused before they are made', () => {
  const sealed = (records: Uint8Array, recordCount: number): Uint8Array =>
    assembleRecordBatch({ ...emptyFields, attributes: 1, recordCount, lastOffsetDelta: recordCount - 1 }, records)
  const many = sealed(Buffer.alloc(14_000_000, Buffer.from('0c000000000000', 'hex')), 2_000_000)
  assert.deepEqual(checkRecordBatch(many), { ok: false, problem: 'too-large' })
  assert.throws(() => decodeRecordBatch(many), { problem: 'too-large' })
  // One record: attributes, times, no key, no value, 2,000,000 headers of two bytes.
  const record = Buffer.concat([hex('00 00 00 01 01 80a4e801'), Buffer.alloc(2_000_000 * 2)])
  const length = Buffer.alloc(8)
  const headers = sealed(Buffer.concat([length.subarray(0, putVarint(length, 0, record.length)), record]), 1)
  assert.throws(() => decodeRecordBatch(headers), { problem: 'too-large' })
})

test('a frame of more blocks than any producer makes is refused', () => {
  const block = hex('01000080 61')
  const frame = (blocks: number): Uint8Array =>
    Buffer.concat([hex('04224d18 6040 82'), Buffer.alloc(blocks * block.length, block), Buffer.alloc(4)])
  assert.equal(decompressRecords('lz4', frame(60_000), bytesMax).length, 60_000)
  assert.throws(() => decompressRecords('lz4', frame(70_000), bytesMax), { problem: 'bad-records' })
  const stream = Buffer.concat([hex('82534e415050590000000001 00000001'), Buffer.alloc(70_000 * 5, hex('00000001 00'))])
  assert.throws(() => decompressRecords('snappy', stream, bytesMax), { problem: 'bad-records' })
})

test('packed bytes that are cut, changed or made up unpack or are a CorruptRecordBatch', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })
  for (const codec of packers) {
    const unpack = (bytes: Uint8Array): void => {
      try {
        assert.ok(decompressRecords(codec, bytes, bytesMax).length <= bytesMax)
      } catch (thrown) {
        assert.ok(thrown instanceof CorruptRecordBatch, `${codec} throws ${String(thrown)}`)
      }
    }
    fc.assert(
      fc.property(content, changes, fc.nat(), (bytes, spoilt, cut) => {
        const packed = Buffer.from(compressRecords(codec, bytes))
        for (const [at, value] of spoilt) packed[at % packed.length] = value
        unpack(spoilt.length === 0 ? packed.subarray(0, cut % packed.length) : packed)
      }),
      { numRuns: 300 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), unpack), { numRuns: 300 })
  }
})

test('Snappy without the frame of snappy-java is read too', () => {
  // A literal, then copies with one, two and four bytes of offset.
  const block = hex('17 0c 61626364 0d04 1e0800 0f 0c000000')
  assert.equal(Buffer.from(decompressRecords('snappy', block, 100)).toString(), 'abcd'.repeat(6).slice(0, 23))
})

test('LZ4 frames are read with linked blocks, sizes and checksums, as the lz4 program writes them', () => {
  for (const [what, frame, expected] of lz4Frames) {
    assert.equal(Buffer.from(decompressRecords('lz4', hex(frame), bytesMax)).toString(), expected, what)
  }
})

test('a checksum of an LZ4 frame that is wrong is noticed', () => {
  const frame = Buffer.from(hex(lz4Frames[1]![1]))
  // The header's, the block's, and the content's.
  for (const at of [14, frame.length - 9, frame.length - 1]) {
    const spoilt = Buffer.from(frame)
    spoilt[at]! ^= 1
    assert.throws(() => decompressRecords('lz4', spoilt, bytesMax), { problem: 'bad-records' }, `byte ${at}`)
  }
})

test('XXH32 gives the published values', () => {
  assert.equal(xxhash32(Buffer.from('')), 0x02cc_5d05)
  assert.equal(xxhash32(Buffer.from('a')), 0x550d_7456)
  assert.equal(xxhash32(Buffer.from('abc')), 0x32d1_53ff)
  assert.equal(xxhash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe229_3b2f)
})
