import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecs } from '@koine/protocols-kafka/record-batch'
import { at, cleaningCluster, type ReadRecord } from './testing/cleaning-cluster.ts'

const dayMs = 86_400_000
const compact = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' }
const pairs = (records: readonly ReadRecord[]) => records.map(({ offset, key, value }) => [offset, key, value])

test('of each key only the newest value stays, at its offset', async () => {
  const log = await cleaningCluster()
  await log.append([
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
  ])
  await log.append([
    ['c', '1'],
    ['b', '2'],
  ])
  await log.append([['last', '1']])
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [
    [2, 'a', '2'],
    [3, 'c', '1'],
    [4, 'b', '2'],
    [5, 'last', '1'],
  ])
  assert.deepEqual(await log.scope.log.bounds(at), { startOffset: 0, endOffset: 6 })
})

test('a batch of which nothing stays is gone, and what is appended later goes on behind the end', async () => {
  const log = await cleaningCluster()
  await log.append([['a', '1']])
  await log.append([['a', '2']])
  await log.clean()
  assert.deepEqual(await log.layout(), ['data 1'])
  assert.equal(await log.append([['a', '3']]), 2)
})

test('a topic that deletes by its policy is not compacted', async () => {
  const log = await cleaningCluster({ 'cleanup.policy': 'delete' })
  for (const value of ['1', '2', '3']) await log.append([['a', value]])
  await log.clean()
  assert.equal((await log.read()).length, 3)
})

test('a tombstone stays until its time after the first cleaning is over, and then goes too', async () => {
  const log = await cleaningCluster({ ...compact, 'delete.retention.ms': `${dayMs}` })
  await log.append([['a', '1']])
  await log.append([['a', null]])
  await log.append([['end', '1']])
  log.clock.advance(5 * dayMs)
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [
    [1, 'a', null],
    [2, 'end', '1'],
  ])
  log.clock.advance(dayMs - 1)
  await log.clean()
  assert.equal((await log.read()).length, 2)
  log.clock.advance(1)
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [[2, 'end', '1']])
})

test('records without a key are dropped', async () => {
  const log = await cleaningCluster({ 'cleanup.policy': 'delete' })
  await log.append([
    [null, 'lost'],
    ['a', '1'],
  ])
  await log.append([[null, 'lost too']])
  await log.append([['b', '1']])
  await log.scope.log.changeSettings((await log.scope.log.topic(at.topic))!, compact)
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [
    [1, 'a', '1'],
    [3, 'b', '1'],
  ])
})

test('nothing is cleaned before so much of it is new', async () => {
  const log = await cleaningCluster({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.5' })
  for (let i = 0; i < 10; i++) await log.append([[`k${i}`, 'x']])
  await log.clean()
  assert.equal(log.counts.compacted, 1)
  await log.append([['k0', 'y']])
  await log.append([['k0', 'z']])
  await log.clean()
  assert.equal(log.counts.compacted, 1)
  for (let i = 0; i < 20; i++) await log.append([['k0', `${i}`]])
  await log.clean()
  assert.equal(log.counts.compacted, 2)
  assert.equal((await log.read()).filter(({ key }) => key === 'k0').length, 1)
})

test('what is old enough is cleaned however little it is', async () => {
  const log = await cleaningCluster({
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '1',
    'max.compaction.lag.ms': '1000',
  })
  for (const value of ['1', '2', '3']) await log.append([['a', value]])
  await log.clean()
  assert.equal((await log.read()).length, 3)
  log.clock.advance(1_001)
  await log.clean()
  assert.equal((await log.read()).length, 1)
})

test('what is too young is left alone', async () => {
  const log = await cleaningCluster({ ...compact, 'min.compaction.lag.ms': '1000' })
  await log.append([['a', '1']])
  await log.append([['a', '2']])
  log.clock.advance(1_000)
  await log.append([['a', '3']])
  await log.append([['a', '4']])
  await log.clean()
  assert.deepEqual(
    (await log.read()).map(({ value }) => value),
    ['2', '3', '4'],
  )
})

test('a batch with the last sequence number of its producer stays, if only empty, and one sent again is known', async () => {
  const log = await cleaningCluster()
  const producer = { producerId: 7, producerEpoch: 0 }
  await log.append([['a', '1']], { ...producer, baseSequence: 0 })
  await log.append([['a', '2']], { ...producer, baseSequence: 1 })
  await log.append([['a', '3']])
  await log.append([['b', '1']])
  await log.clean()
  assert.deepEqual(await log.layout(), ['empty 1', 'data 2', 'data 3'])
  log.restart()
  assert.equal(await log.append([['a', '2']], { ...producer, baseSequence: 1 }), 1)
  await log.append([['a', '4']], { ...producer, baseSequence: 2 })
  await log.append([['b', '2']])
  await log.clean()
  assert.deepEqual(await log.layout(), ['data 4', 'data 5'])
})

test('of an aborted transaction only its marker stays', async () => {
  const log = await cleaningCluster({ ...compact, 'delete.retention.ms': `${dayMs}` })
  const producer = { producerId: 7, producerEpoch: 0 }
  await log.append([['a', 'kept']])
  await log.append(
    [
      ['a', 'aborted'],
      ['x', 'aborted'],
    ],
    { ...producer, baseSequence: 0, isTransactional: true },
  )
  await log.records.endTransaction(log.scope, at, { ...producer, commit: false, coordinatorEpoch: 0 })
  await log.append([['b', 'committed']], { ...producer, baseSequence: 2, isTransactional: true })
  await log.records.endTransaction(log.scope, at, { ...producer, commit: true, coordinatorEpoch: 0 })
  await log.append([['end', '1']])
  const committed = [
    [0, 'a', 'kept'],
    [4, 'b', 'committed'],
    [6, 'end', '1'],
  ]
  for (let turn = 0; turn < 2; turn++) {
    await log.clean()
    assert.deepEqual(await log.layout(), ['data 0', 'marker 3', 'data 4', 'marker 5', 'data 6'])
    assert.deepEqual(pairs(await log.read()), committed)
    log.clock.advance(dayMs)
  }
})

test('the marker of a commit goes when nothing of its transaction is left and its time is over', async () => {
  const log = await cleaningCluster({ ...compact, 'delete.retention.ms': `${dayMs}` })
  const producer = { producerId: 7, producerEpoch: 0 }
  await log.append([['a', '1']], { ...producer, baseSequence: 0, isTransactional: true })
  await log.records.endTransaction(log.scope, at, { ...producer, commit: true, coordinatorEpoch: 0 })
  await log.append([['a', '2']], { ...producer, baseSequence: 1, isTransactional: true })
  await log.records.endTransaction(log.scope, at, { ...producer, commit: true, coordinatorEpoch: 0 })
  await log.append([['end', '1']])
  await log.clean()
  assert.deepEqual(await log.layout(), ['marker 1', 'data 2', 'marker 3', 'data 4'])
  log.clock.advance(dayMs)
  await log.clean()
  assert.deepEqual(await log.layout(), ['data 2', 'marker 3', 'data 4'])
})

test('nothing is cleaned from the first open transaction on', async () => {
  const log = await cleaningCluster()
  const producer = { producerId: 7, producerEpoch: 0 }
  await log.append([['a', '1']])
  await log.append([['a', '2']])
  await log.append([['b', 'open']], { ...producer, baseSequence: 0, isTransactional: true })
  await log.append([['a', '3']])
  await log.append([['a', '4']])
  await log.clean()
  assert.deepEqual(await log.layout(), ['data 1', 'data 2', 'data 3', 'data 4'])
  await log.records.endTransaction(log.scope, at, { ...producer, commit: true, coordinatorEpoch: 0 })
  await log.append([['end', '1']])
  await log.clean()
  assert.deepEqual(
    (await log.read()).map(({ value }) => value),
    ['open', '4', '1'],
  )
})

test('a partition with more keys than a pass remembers is cleaned in several', async () => {
  const log = await cleaningCluster(compact, { limits: { cleaningKeysMax: 3 } })
  for (let i = 0; i < 30; i++) await log.append([[`k${i % 10}`, `${i}`]])
  await log.append([['end', '1']])
  for (let turn = 0; turn < 3; turn++) await log.clean()
  const kept = (await log.read()).filter(({ key }) => key !== 'end')
  assert.deepEqual(
    kept.map(({ value }) => value),
    ['20', '21', '22', '23', '24', '25', '26', '27', '28', '29'],
  )
})

test('a partition that nothing was added to is not taken up again', async () => {
  const log = await cleaningCluster()
  for (const value of ['1', '2', '3']) await log.append([['a', value]])
  await log.clean()
  const { compacted } = log.counts
  for (let i = 0; i < 5; i++) await log.clean()
  assert.equal(log.counts.compacted, compacted)
})

test('compacted and deleted at once: old records go whatever their key', async () => {
  const log = await cleaningCluster({ ...compact, 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' })
  await log.append([['a', '1']])
  log.clock.advance(2_000)
  await log.append([['b', '1']])
  await log.append([['b', '2']])
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [[2, 'b', '2']])
  assert.equal((await log.scope.log.bounds(at))!.startOffset, 1)
})

test('a topic made again under its name is cleaned from its own beginning', async () => {
  const log = await cleaningCluster()
  for (const value of ['1', '2', '3', '4']) await log.append([['a', value]])
  await log.clean()
  await log.scope.log.deleteTopic(at.topic)
  await log.createTopic(at.topic, compact)
  log.restart()
  await log.append([['a', 'new 1']])
  await log.append([['a', 'new 2']])
  await log.clean()
  assert.deepEqual(pairs(await log.read()), [[1, 'a', 'new 2']])
})

for (const codec of codecs) {
  test(`batches compressed with ${codec} are compacted`, async () => {
    const log = await cleaningCluster()
    const records = Array.from({ length: 200 }, (_, i) => [`k${i % 20}`, `value ${i}`] as const)
    await log.append(records, { codec })
    await log.append([['end', '1']])
    const bytes = (await log.scope.log.size(at))!
    await log.clean()
    assert.deepEqual(
      (await log.read()).map(({ offset }) => offset),
      Array.from({ length: 21 }, (_, i) => 180 + i),
    )
    assert.ok((await log.scope.log.size(at))! < bytes)
  })
}
