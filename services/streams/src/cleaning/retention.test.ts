import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, cleaningCluster } from './testing/cleaning-cluster.ts'

const startOf = async (log: Awaited<ReturnType<typeof cleaningCluster>>): Promise<number> =>
  (await log.scope.log.bounds(at))!.startOffset

test('batches whose newest record is too old go, and no others', async () => {
  const log = await cleaningCluster({ 'retention.ms': '1000' })
  await log.append([[null, '1']])
  await log.append([[null, '2']])
  log.clock.advance(600)
  await log.append([[null, '3']])
  log.clock.advance(400)
  await log.clean()
  assert.equal(await startOf(log), 0)
  log.clock.advance(1)
  await log.clean()
  assert.equal(await startOf(log), 2)
  log.clock.advance(1_000)
  await log.clean()
  assert.deepEqual(await log.scope.log.bounds(at), { startOffset: 3, endOffset: 3 })
  assert.equal(await log.append([[null, '4']]), 3)
})

test('a clock set back a day deletes nothing early, and one that is put right deletes what is old by then', async () => {
  const dayMs = 86_400_000
  const log = await cleaningCluster({ 'retention.ms': '1000' })
  await log.append([[null, 'of tomorrow']])
  log.clock.jumpWall(-dayMs)
  await log.append([[null, 'of today']])
  log.clock.advance(2_000)
  await log.clean()
  assert.equal(await startOf(log), 0, 'the log goes from its start only, and what is there is of tomorrow')
  log.clock.jumpWall(dayMs)
  await log.clean()
  assert.equal(await startOf(log), 2)
  assert.equal(await log.append([[null, 'on']]), 2)
})

test('a partition keeps so many bytes', async () => {
  const log = await cleaningCluster({ 'retention.ms': '-1', 'retention.bytes': '250' })
  for (let i = 0; i < 10; i++) await log.append([[null, `${i}`]])
  await log.clean()
  const kept = (await log.scope.log.size(at))!
  assert.ok(kept <= 250 && kept > 100, `${kept}`)
  assert.equal(await startOf(log), 7)
})

test('a topic that keeps everything keeps everything', async () => {
  const log = await cleaningCluster({ 'retention.ms': '-1' })
  await log.append([[null, '1']])
  log.clock.advance(1e12)
  await log.clean()
  assert.equal(await startOf(log), 0)
})

test('a week is what is kept unless told', async () => {
  const log = await cleaningCluster({})
  await log.append([[null, '1']])
  log.clock.advance(604_800_000)
  await log.clean()
  assert.equal(await startOf(log), 0)
  log.clock.advance(1)
  await log.clean()
  assert.equal(await startOf(log), 1)
})

test('what an open transaction hangs on stays', async () => {
  const log = await cleaningCluster({ 'retention.ms': '1' })
  await log.append([[null, 'old']])
  await log.append([[null, 'open']], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  await log.append([[null, 'old too']])
  log.clock.advance(1_000)
  await log.clean()
  assert.equal(await startOf(log), 1)
})
