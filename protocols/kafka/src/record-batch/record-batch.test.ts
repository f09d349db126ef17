import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import {
  baseOffset,
  checkRecordBatch,
  codecs,
  CorruptRecordBatch,
  decodeRecordBatch,
  encodeRecordBatch,
  type NewRecord,
  readEndMarker,
  readRecordBatchHeader,
  rebuildRecordBatch,
  recordBatchHeaderBytes,
  type RecordBatchProblem,
  setBaseOffset,
  setPartitionLeaderEpoch,
  splitRecordBatches,
} from './index.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const record: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 8 }), value: fc.option(bytes) }), {
    maxLength: 3,
  }),
  timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
})
const records = fc.array(record, { minLength: 1, maxLength: 20 })

const plain = (value: Uint8Array | null): number[] | null => (value === null ? null : [...value])
const shown = (
  of: { key: Uint8Array | null; value: Uint8Array | null } & Pick<NewRecord, 'headers' | 'timestampMs'>,
) => ({
  key: plain(of.key),
  value: plain(of.value),
  headers: (of.headers ?? []).map(({ name, value }) => ({ name, value: plain(value) })),
  timestampMs: of.timestampMs,
})

const text = (value: string): Uint8Array => Buffer.from(value)
const oneRecord = (value = 'hello'): Uint8Array =>
  encodeRecordBatch({ records: [{ key: text('k'), value: text(value), timestampMs: 1000 }] })

/** The batch with its CRC made right again, as a hostile producer would send it. */
function resealed(batch: Uint8Array): Uint8Array {
  Buffer.from(batch.buffer, batch.byteOffset, batch.length).writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

function changed(change: (batch: Buffer) => void): Uint8Array {
  const batch = Buffer.from(oneRecord())
  change(batch)
  return batch
}

test('a batch decodes to the records it was encoded from', () => {
  fc.assert(
    fc.property(records, fc.nat(2 ** 40), (given, offset) => {
      const batch = encodeRecordBatch({ records: given, baseOffset: offset })
      assert.equal(checkRecordBatch(batch).ok, true)
      const decoded = decodeRecordBatch(batch)
      assert.deepEqual(decoded.records.map(shown), given.map(shown))
      assert.deepEqual(
        decoded.records.map((each) => each.offset),
        given.map((_, index) => offset + index),
      )
    }),
  )
})

test('the bytes of a batch are those that Kafka documents', () => {
  const batch = encodeRecordBatch({
    records: [{ key: text('k'), value: null, headers: [{ name: 'h', value: text('v') }], timestampMs: 1 }],
    baseOffset: 5,
  })
  assert.equal(Buffer.from(batch.subarray(recordBatchHeaderBytes)).toString('hex'), '16000000026b010202680276')
  const { crc, ...header } = readRecordBatchHeader(batch)
  assert.equal(crc, crc32c(batch.subarray(21)))
  assert.deepEqual(header, {
    baseOffset: 5,
    bytes: 73,
    partitionLeaderEpoch: -1,
    magic: 2,
    attributes: 0,
    codec: 'none',
    timestampType: 'create',
    isTransactional: false,
    isControl: false,
    hasDeleteHorizon: false,
    lastOffsetDelta: 0,
    baseTimestampMs: 1,
    maxTimestampMs: 1,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: 1,
  })
})

test('a batch decodes to the same records in whatever codec it was encoded', () => {
  for (const codec of codecs) {
    fc.assert(
      fc.property(records, (given) => {
        const batch = encodeRecordBatch({ records: given, codec })
        const checked = checkRecordBatch(batch)
        assert.equal(checked.ok && checked.header.codec, codec)
        assert.deepEqual(decodeRecordBatch(batch).records.map(shown), given.map(shown))
      }),
      { numRuns: 20 },
    )
  }
})

test('compressed records never unpack beyond their bound', () => {
  const given = [{ key: null, value: Buffer.alloc(100_000), timestampMs: 0 }]
  for (const codec of codecs.filter((each) => each !== 'none')) {
    const batch = encodeRecordBatch({ records: given, codec })
    assert.throws(() => decodeRecordBatch(batch, { recordsBytesMax: 1000 }), { problem: 'too-large' }, codec)
  }
})

test('a bad batch is named by its problem', () => {
  const cases: readonly [Uint8Array, RecordBatchProblem][] = [
    [oneRecord().subarray(0, 10), 'truncated'],
    [oneRecord().subarray(0, 40), 'truncated'],
    [oneRecord().subarray(0, -1), 'bad-length'],
    [changed((batch) => (batch[16] = 1)), 'unsupported-magic'],
    [changed((batch) => (batch[batch.length - 1]! ^= 1)), 'bad-checksum'],
    [resealed(changed((batch) => batch.writeInt32BE(0, 57))), 'bad-count'],
    [resealed(changed((batch) => batch.writeInt32BE(7, 23))), 'bad-count'],
    [resealed(changed((batch) => batch.writeInt32BE(1e9, 23) && batch.writeInt32BE(1e9 + 1, 57))), 'bad-count'],
    [resealed(changed((batch) => batch.writeInt16BE(6, 21))), 'unsupported-codec'],
    [resealed(changed((batch) => batch.writeInt16BE(0x20, 21))), 'control-batch'],
    [resealed(changed((batch) => batch.writeInt16BE(0x10, 21))), 'bad-producer'],
    [resealed(changed((batch) => batch.writeBigInt64BE(7n, 43))), 'bad-producer'],
    [resealed(changed((batch) => batch.writeBigInt64BE(2n ** 62n, 35))), 'bad-timestamps'],
    [resealed(changed((batch) => batch.writeInt16BE(0x08, 21))), 'bad-timestamps'],
    [resealed(changed((batch) => batch.writeInt16BE(0x40, 21))), 'bad-timestamps'],
    [resealed(changed((batch) => batch.writeInt8(4, 64))), 'bad-records'],
    [resealed(changed((batch) => batch.writeInt8(100, 65))), 'bad-records'],
    [resealed(changed((batch) => batch.writeInt8(2, batch.length - 1))), 'bad-count'],
  ]
  for (const [batch, problem] of cases) assert.deepEqual(checkRecordBatch(batch), { ok: false, problem })
  assert.deepEqual(checkRecordBatch(oneRecord(), { bytesMax: 60 }), { ok: false, problem: 'too-large' })
})

test('the log patches offset and epoch without touching what the CRC covers', () => {
  const batch = oneRecord()
  setBaseOffset(batch, 2 ** 40 + 3)
  setPartitionLeaderEpoch(batch, 9)
  assert.equal(baseOffset(batch), 2 ** 40 + 3)
  const checked = checkRecordBatch(batch)
  assert.ok(checked.ok)
  assert.equal(checked.header.partitionLeaderEpoch, 9)
})

test('batches one after another are cut apart, and a cut-off one is noticed', () => {
  fc.assert(
    fc.property(fc.array(records, { maxLength: 4 }), fc.nat(), (lists, cut) => {
      const whole = lists.map((given) => encodeRecordBatch({ records: given }))
      const joined = Buffer.concat(whole)
      const split = splitRecordBatches(joined)
      assert.ok(split.ok)
      assert.deepEqual(split.batches.map(plain), whole.map(plain))
      const ends = whole.reduce<number[]>((all, each) => [...all, (all.at(-1) ?? 0) + each.length], [0])
      const kept = joined.length === 0 ? 0 : cut % joined.length
      assert.equal(splitRecordBatches(joined.subarray(0, kept)).ok, ends.includes(kept))
    }),
  )
})

/** Whatever reads a batch that came from outside. */
const readers: readonly ((batch: Uint8Array) => unknown)[] = [
  (batch) => decodeRecordBatch(batch),
  (batch) => readEndMarker(batch),
  (batch) => rebuildRecordBatch(batch, ({ offset }) => offset % 2 === 0, { keepEmpty: true }),
]

function readsOrRefuses(batch: Uint8Array): void {
  for (const read of readers) {
    try {
      read(batch)
    } catch (thrown) {
      assert.ok(thrown instanceof CorruptRecordBatch, String(thrown))
    }
  }
}

test('mutilated bytes give a problem or a CorruptRecordBatch, never anything else', () => {
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const codec = fc.constantFrom(...codecs)
  fc.assert(
    fc.property(records, codec, mutations, fc.option(fc.nat(400)), (given, codec, changes, length) => {
      const batch = Buffer.from(encodeRecordBatch({ records: given, codec }))
      for (const [at, value] of changes) batch[at % batch.length] = value
      const mutilated = length === null ? batch : batch.subarray(0, length)
      splitRecordBatches(mutilated)
      checkRecordBatch(mutilated.length > recordBatchHeaderBytes ? resealed(mutilated) : mutilated)
      readsOrRefuses(mutilated)
    }),
    { numRuns: 1000 },
  )
})

test('random bytes behind a good header never crash a reader', () => {
  const attributes = fc.integer({ min: 0, max: 0x7f })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), attributes, fc.nat(30), (body, attributes, count) => {
      const batch = Buffer.concat([oneRecord().subarray(0, recordBatchHeaderBytes), body])
      batch.writeInt32BE(batch.length - 12, 8)
      batch.writeInt16BE(attributes, 21)
      batch.writeInt32BE(count, 57)
      readsOrRefuses(batch)
    }),
    { numRuns: 1000 },
  )
})
