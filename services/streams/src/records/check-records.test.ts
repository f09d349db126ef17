import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeRecordBatch, encodeRecordBatch, type NewRecord } from '@koine/protocols-kafka/record-batch'
import type { Partition } from '@koine/stores-ports'
import type { ProduceFailure } from './produce-outcome.ts'
import { recordCluster, sent } from './testing/record-cluster.ts'

const at: Partition = { topic: 'orders', partition: 0 }
const hourMs = 3_600_000
const nowMs = recordCluster().clock.now()

async function produce(batch: Uint8Array, settings: { readonly [name: string]: string } = {}) {
  const cluster = recordCluster()
  const { records, scope } = cluster
  await cluster.createTopic(at.topic, settings)
  const outcome = await records.produce(scope, at, batch)
  const read = await scope.log.read(at, { offset: 0, bytesMax: 1_000_000 })
  return { outcome, stored: read.ok ? read.batches : [] }
}

const keyed = (key: string | null, timestampMs = nowMs): NewRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from('x'),
  timestampMs,
})
const compact = { 'cleanup.policy': 'compact,delete' }
const before = { 'message.timestamp.before.max.ms': `${hourMs}` }
const large = (bytes: number): Uint8Array => sent(['x'.repeat(bytes)])

type Case = readonly [
  what: string,
  batch: Uint8Array,
  settings: { readonly [name: string]: string },
  reason: ProduceFailure | undefined,
  records?: readonly number[],
]

const cases: readonly Case[] = [
  ['of a megabyte and a little', large(1_048_400), {}, undefined],
  ['that is larger than a topic takes by default', large(1_048_588), {}, 'too-large'],
  ['of 10 MiB where the topic takes it', large(10 * 1024 * 1024), { 'max.message.bytes': '11000000' }, undefined],
  ['that is larger than its topic takes', large(1_000), { 'max.message.bytes': '1000' }, 'too-large'],
  ['from an hour ahead', sent(['x'], { timestampMs: nowMs + hourMs }), {}, undefined],
  ['from more than an hour ahead', sent(['x'], { timestampMs: nowMs + hourMs + 1 }), {}, 'invalid-timestamp'],
  [
    'from more than a minute ahead where that is the limit',
    sent(['x'], { timestampMs: nowMs + 60_001 }),
    { 'message.timestamp.after.max.ms': '60000' },
    'invalid-timestamp',
  ],
  ['of long ago', sent(['x'], { timestampMs: 5 }), {}, undefined],
  [
    'from longer ago than its topic takes',
    sent(['x'], { timestampMs: nowMs - hourMs - 1 }),
    before,
    'invalid-timestamp',
  ],
  [
    'with one record from longer ago than its topic takes',
    encodeRecordBatch({ records: [keyed('a'), keyed('b', nowMs - 2 * hourMs), keyed('c')] }),
    before,
    'invalid-timestamp',
    [1],
  ],
  ['without a time', sent(['x'], { timestampMs: -1 }), before, undefined],
  ['with keys in a compacted topic', encodeRecordBatch({ records: [keyed('a'), keyed('')] }), compact, undefined],
  [
    'with records without a key in a compacted topic',
    encodeRecordBatch({ records: [keyed('a'), keyed(null), keyed('b'), keyed(null)] }),
    compact,
    'no-key',
    [1, 3],
  ],
  ['without keys in a topic that isn’t compacted', encodeRecordBatch({ records: [keyed(null)] }), {}, undefined],
]

for (const [what, batch, settings, reason, records] of cases) {
  test(`a batch ${what} is ${reason ?? 'taken'}`, async () => {
    const { outcome, stored } = await produce(batch, settings)
    assert.equal(outcome.ok ? undefined : outcome.reason, reason)
    assert.deepEqual(outcome.ok ? undefined : outcome.records, records)
    assert.equal(stored.length, outcome.ok ? 1 : 0)
  })
}

for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`records without a key are found in a batch compressed with ${codec}`, async () => {
    const { outcome } = await produce(encodeRecordBatch({ codec, records: [keyed('a'), keyed(null)] }), compact)
    assert.ok(!outcome.ok)
    assert.deepEqual(outcome.records, [1])
  })
}

test('a topic with the log’s own times gives them to records of any time, and says which', async () => {
  const settings = { 'message.timestamp.type': 'LogAppendTime' }
  const { outcome, stored } = await produce(sent(['a', 'b'], { timestampMs: nowMs + 9 * hourMs }), settings)
  assert.ok(outcome.ok)
  assert.equal(outcome.appendTimeMs, nowMs)
  const { header, records } = decodeRecordBatch(stored[0]!)
  assert.equal(header.timestampType, 'log-append')
  assert.deepEqual(
    records.map(({ timestampMs }) => timestampMs),
    [nowMs, nowMs],
  )
})

test('a topic where records keep their times says none', async () => {
  const { outcome } = await produce(sent(['a']))
  assert.ok(outcome.ok)
  assert.equal(outcome.appendTimeMs, undefined)
})
