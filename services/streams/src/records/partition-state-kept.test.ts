import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError } from '@koine/base'
import { type Faults, noFaults, type Partition } from '@koine/stores-ports'
import { until } from '@koine/base/testing'
import { delivered, readNow, type RecordCluster, recordCluster, sent } from './testing/record-cluster.ts'

const at: Partition = { topic: 'orders', partition: 0 }
const hourMs = 3_600_000

const send = ({ records, scope }: RecordCluster, value: string, baseSequence: number, more: object = {}) =>
  records.produce(scope, at, sent([value], { producerId: 7, producerEpoch: 0, baseSequence, ...more }))

async function cluster(options: Parameters<typeof recordCluster>[0] = {}) {
  const made = recordCluster(options)
  return { ...made, topic: await made.createTopic(at.topic) }
}

async function rowsOf({ scope }: RecordCluster, topicId: string): Promise<number> {
  const groups = [
    { table: 'streams.partition-topics', pk: 'topics' },
    { table: 'streams.partitions', pk: topicId },
    { table: 'streams.aborted', pk: `${topicId}/0` },
  ]
  const pages = await Promise.all(groups.map((group) => scope.tables.query({ ...group, limit: 10 })))
  return pages.reduce((sum, { records }) => sum + records.length, 0)
}

test('a batch is known again after a restart, however much was appended since', async () => {
  const it = await cluster()
  await send(it, 'first', 0)
  for (let i = 0; i < 12; i++) {
    await it.records.produce(it.scope, at, sent(Array.from({ length: 1_000 }, () => 'other')))
  }
  it.restart()
  const again = await send(it, 'first', 0)
  assert.equal(again.ok && again.baseOffset, 0)
})

test('what is kept spares reading the log: of a partition that stopped cleanly nothing is read', async () => {
  const reads: string[] = []
  const faults: Faults = { ...noFaults, before: (operation) => void reads.push(operation) }
  const it = await cluster({ faults })
  for (let i = 0; i < 5; i++) await send(it, 'x', i)
  await it.records[Symbol.asyncDispose]()
  it.restart()
  reads.length = 0
  const again = await send(it, 'x', 4)
  assert.equal(again.ok && again.baseOffset, 4)
  assert.ok(!reads.includes('log.read'))
})

test('the state is kept beside the appends, and no append waits for it or fails with it', async () => {
  let isBroken = true
  let saves = 0
  const faults: Faults = {
    ...noFaults,
    before(operation) {
      if (operation !== 'tables.write') return
      saves++
      if (isBroken) throw new KoineError('unavailable', 'The tables broke.')
    },
  }
  const it = await cluster({ faults, saving: { everyBatches: 3 } })
  for (let i = 0; i < 6; i++) assert.ok((await send(it, 'x', i)).ok)
  await until('the state was tried to be kept twice', () => saves === 2)
  isBroken = false
  for (let i = 6; i < 9; i++) await send(it, 'x', i)
  await until('the state is kept', async () => (await rowsOf(it, it.topic.id)) === 2)
})

test('a producer is known for a day without a batch, and then may start anywhere', async () => {
  const it = await cluster()
  await send(it, 'x', 0)
  await it.records[Symbol.asyncDispose]()
  it.clock.advance(23 * hourMs)
  it.restart()
  const gap = await send(it, 'y', 5)
  assert.equal(!gap.ok && gap.reason, 'out-of-order-sequence')
  it.clock.advance(hourMs)
  assert.ok((await send(it, 'y', 5)).ok)
})

test('a topic made again under its name starts afresh, and nothing of the first one stays', async () => {
  const it = await cluster()
  await send(it, 'x', 0, { isTransactional: true })
  await it.records.endTransaction(it.scope, at, { producerId: 7, producerEpoch: 0, commit: false, coordinatorEpoch: 0 })
  await it.records.checkpoint(it.scope, at)
  assert.equal(await rowsOf(it, it.topic.id), 3)
  await it.scope.log.deleteTopic(at.topic)
  await it.records.forgetTopic(it.scope, it.topic)
  assert.equal(await rowsOf(it, it.topic.id), 0)
  const again = await it.createTopic(at.topic)
  assert.ok((await send(it, 'y', 3)).ok)
  await it.records[Symbol.asyncDispose]()
  assert.equal(await rowsOf(it, again.id), 2)
  assert.deepEqual(delivered(await readNow(it, at), 0, 'read-committed'), ['y'])
})

test('what a process left of a topic when it died is taken away by the next', async () => {
  const it = await cluster()
  await send(it, 'x', 0)
  await it.records[Symbol.asyncDispose]()
  await it.scope.log.deleteTopic(at.topic)
  it.restart()
  await it.createTopic(at.topic)
  await send(it, 'x', 0)
  await until('nothing is left of it', async () => (await rowsOf(it, it.topic.id)) === 0)
})

test('what others append to the log is found, and hides nothing', async () => {
  const it = await cluster()
  await send(it, 'ours', 0)
  await it.scope.log.append(at, sent(['theirs'], { producerId: 9, producerEpoch: 0, baseSequence: 0 }))
  assert.deepEqual(delivered(await readNow(it, at), 0, 'read-committed'), ['ours', 'theirs'])
  await it.scope.log.append(at, sent(['more'], { producerId: 9, producerEpoch: 0, baseSequence: 1 }))
  await send(it, 'last', 1)
  const known = await it.records.produce(
    it.scope,
    at,
    sent(['more'], { producerId: 9, producerEpoch: 0, baseSequence: 1 }),
  )
  assert.equal(known.ok && known.baseOffset, 2)
})

test('a log that ends before what is known of it, as from an older backup, is read anew', async () => {
  const it = await cluster()
  const id = { table: 'streams.partitions', pk: it.topic.id, sk: '0' }
  for (let i = 0; i < 3; i++) await send(it, 'x', i)
  await it.records[Symbol.asyncDispose]()
  const kept = (await it.scope.tables.get(id))!
  const other = await cluster()
  await other.scope.tables.write({
    operations: [{ put: { ...id, pk: other.topic.id }, attributes: kept.attributes }],
  })
  const outcome = await send(other, 'y', 0)
  assert.equal(outcome.ok && outcome.baseOffset, 0)
  assert.deepEqual(delivered(await readNow(other, at), 0, 'read-committed'), ['y'])
  // Once the log is longer again, nothing would tell that this was never of it.
  assert.equal(await other.scope.tables.get({ ...id, pk: other.topic.id }), undefined)
})

test('states beyond the limit are let go of, and known again when they are wanted', async () => {
  let loads = 0
  const faults: Faults = { ...noFaults, before: (operation) => void (operation === 'tables.get' && loads++) }
  const it = recordCluster({ faults, limits: { partitionsHeld: 5 } })
  const topics = Array.from({ length: 20 }, (_, i) => ({ topic: `t${i}`, partition: 0 }))
  for (const { topic } of topics) await it.createTopic(topic)
  const fields = { producerId: 7, producerEpoch: 0 }
  for (let round = 0; round < 3; round++) {
    for (const topic of topics) {
      const batch = sent(['x'], { ...fields, baseSequence: round, isTransactional: true })
      assert.ok((await it.records.produce(it.scope, topic, batch)).ok)
    }
  }
  for (const topic of topics) {
    const again = await it.records.produce(
      it.scope,
      topic,
      sent(['x'], { ...fields, baseSequence: 1, isTransactional: true }),
    )
    assert.equal(again.ok && again.baseOffset, 1)
    assert.equal(await it.records.lastStableOffset(it.scope, topic), 0)
  }
  assert.ok(loads > topics.length, 'No state was let go of.')
})

test('a tenant that was forgotten is known again from the log', async () => {
  const it = await cluster()
  await send(it, 'x', 0)
  it.records.forget(it.scope.tenantId)
  const again = await send(it, 'x', 0)
  assert.equal(again.ok && again.baseOffset, 0)
})
