import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { type Faults, noFaults, type TenantScope } from '@koine/stores-ports'
import { batchOf, virtualCluster } from '../testing/virtual-cluster.ts'
import type { ProduceFailure } from './produce-outcome.ts'

const at = { topic: 'orders', partition: 0 }
const producer = { producerId: 7, producerEpoch: 0 }

async function valuesOf(scope: TenantScope): Promise<string[]> {
  const read = await scope.log.read(at, { offset: 0, bytesMax: 1_000_000 })
  assert.ok(read.ok)
  return read.batches.flatMap((batch) => decodeRecordBatch(batch).records.map(({ value }) => String(value)))
}

async function cluster(options: Parameters<typeof virtualCluster>[0] = {}) {
  const made = virtualCluster(options)
  await made.streams.createTopic(made.scope, { name: at.topic })
  return made
}

const spoilt = (batch: Uint8Array): Uint8Array => {
  batch[batch.length - 1]! ^= 1
  return batch
}

const refused: readonly [what: string, records: Uint8Array, reason: ProduceFailure, where?: typeof at][] = [
  ['a topic that isn’t there', batchOf(['a']), 'no-such-partition', { topic: 'absent', partition: 0 }],
  ['a partition that isn’t there', batchOf(['a']), 'no-such-partition', { topic: 'orders', partition: 1 }],
  ['a negative partition', batchOf(['a']), 'no-such-partition', { topic: 'orders', partition: -1 }],
  ['a platform topic', batchOf(['a']), 'reserved', { topic: 'koine.messages', partition: 0 }],
  ['no batch', new Uint8Array(0), 'batch-count'],
  ['two batches', Buffer.concat([batchOf(['a']), batchOf(['b'])]), 'batch-count'],
  ['half a batch', batchOf(['a']).subarray(0, 60), 'truncated'],
  ['a checksum that is wrong', spoilt(batchOf(['a'])), 'bad-checksum'],
]

for (const [what, records, reason, where = at] of refused) {
  test(`produce refuses ${what}`, async () => {
    const { streams, scope } = await cluster()
    const outcome = await streams.produce(scope, where, records)
    assert.ok(!outcome.ok)
    assert.equal(outcome.reason, reason)
    assert.deepEqual(await valuesOf(scope), [])
  })
}

test('a topic’s own limit on batches counts', async () => {
  const { streams, scope } = virtualCluster()
  await streams.createTopic(scope, { name: at.topic, settings: { 'max.message.bytes': '100' } })
  const outcome = await streams.produce(scope, at, batchOf(['x'.repeat(100)]))
  assert.ok(!outcome.ok && outcome.reason === 'too-large')
  assert.ok((await streams.produce(scope, at, batchOf(['x']))).ok)
})

test('calls that don’t wait for each other take effect in their order', async () => {
  const { streams, scope } = await cluster()
  const values = Array.from({ length: 50 }, (_, i) => `${i}`)
  const outcomes = await Promise.all(values.map((value) => streams.produce(scope, at, batchOf([value]))))
  assert.deepEqual(
    outcomes.map((each) => each.ok && each.baseOffset),
    values.map(Number),
  )
  assert.deepEqual(await valuesOf(scope), values)
})

test('a batch that an idempotent producer sends again gets its first offset and isn’t doubled', async () => {
  const { streams, scope } = await cluster()
  const send = (value: string, baseSequence: number) =>
    streams.produce(scope, at, batchOf([value], { ...producer, baseSequence }))
  await send('a', 0)
  const [first, inFlight] = await Promise.all([send('b', 1), send('b', 1)])
  assert.deepEqual(inFlight, first)
  await send('c', 2)
  assert.deepEqual(await send('b', 1), first)
  assert.deepEqual(await valuesOf(scope), ['a', 'b', 'c'])
})

test('a batch sent again after a restart isn’t doubled', async () => {
  const { streams, scope, restart } = await cluster()
  for (const [i, value] of ['a', 'b'].entries()) {
    await streams.produce(scope, at, batchOf([value], { ...producer, baseSequence: i }))
  }
  const again = await restart().produce(scope, at, batchOf(['b'], { ...producer, baseSequence: 1 }))
  assert.ok(again.ok)
  assert.equal(again.baseOffset, 1)
  assert.deepEqual(await valuesOf(scope), ['a', 'b'])
})

test('a batch whose acknowledgement was lost isn’t doubled when it is sent again', async () => {
  let breaksAfter = false
  const faults: Faults = {
    ...noFaults,
    after(operation) {
      if (breaksAfter && operation.endsWith('append')) throw new Error('the answer was lost')
    },
  }
  const { streams, scope } = await cluster({ faults })
  const batch = () => batchOf(['a'], { ...producer, baseSequence: 0 })
  breaksAfter = true
  await assert.rejects(streams.produce(scope, at, batch()), /lost/)
  breaksAfter = false
  assert.ok((await streams.produce(scope, at, batch())).ok)
  assert.deepEqual(await valuesOf(scope), ['a'])
})

const sequences: readonly [what: string, epoch: number, baseSequence: number, reason: ProduceFailure | undefined][] = [
  ['the next sequence', 1, 2, undefined],
  ['a gap', 1, 3, 'out-of-order-sequence'],
  ['a sequence of long ago', 1, 1, 'out-of-order-sequence'],
  ['an older epoch', 0, 2, 'stale-producer-epoch'],
  ['a newer epoch from 0', 2, 0, undefined],
  ['a newer epoch that starts late', 2, 5, 'out-of-order-sequence'],
]

for (const [what, producerEpoch, baseSequence, reason] of sequences) {
  test(`after sequence 1 of epoch 1, ${what} is ${reason ?? 'taken'}`, async () => {
    const { streams, scope } = await cluster()
    const send = (values: string[], producerEpoch: number, baseSequence: number) =>
      streams.produce(scope, at, batchOf(values, { producerId: 7, producerEpoch, baseSequence }))
    await send(['a', 'b'], 1, 0)
    const outcome = await send(['c'], producerEpoch, baseSequence)
    assert.equal(outcome.ok ? undefined : outcome.reason, reason)
  })
}

test('sequences begin anew in a topic that is made again', async () => {
  const { streams, scope } = await cluster()
  const send = () => streams.produce(scope, at, batchOf(['a'], { ...producer, baseSequence: 0 }))
  await send()
  await streams.deleteTopic(scope, at.topic)
  await streams.createTopic(scope, { name: at.topic })
  assert.ok((await send()).ok)
  assert.deepEqual(await valuesOf(scope), ['a'])
})

test('producer ids are never given twice, not even over a restart', async () => {
  const { streams, scope, restart } = virtualCluster()
  const processes = [streams, restart(), restart()]
  const ids = await Promise.all(
    Array.from({ length: 3_300 }, (_, i) => processes[i % processes.length]!.newProducerId(scope)),
  )
  assert.equal(new Set(ids).size, ids.length)
})
