import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from '../testing/virtual-cluster.ts'
import { Coordinator } from './testing/coordinator.ts'

/** A coordinator with a topic and a producer whose transaction has two partitions of it. */
async function running(options: ConstructorParameters<typeof Coordinator>[0] = {}) {
  const it = new Coordinator(options)
  await it.topic('log', 3)
  const producer = await it.producer('tx')
  assert.equal(await it.add(producer, 'log', 0, 1), 'ok')
  return { it, producer }
}

const at = (partition: number, offset: number, topic = 'log') => ({ topic, partition, offset })

for (const commit of [true, false]) {
  const done = commit ? 'CompleteCommit' : 'CompleteAbort'

  test(`a transaction that ends in ${done} tells each partition once`, async () => {
    const { it, producer } = await running()
    assert.equal(await it.end(producer, commit), 'ok')
    const { producerId, producerEpoch } = producer
    const end = { topic: 'log', producerId, producerEpoch, commit, coordinatorEpoch: 0 }
    assert.deepEqual(it.markers, [
      { partition: 0, ...end },
      { partition: 1, ...end },
    ])
    assert.equal(await it.state('tx'), done)
  })

  test(`a transaction in ${done} may be ended the same way again, and not the other way`, async () => {
    const { it, producer } = await running()
    await it.end(producer, commit)
    assert.equal(await it.end(producer, commit), 'ok')
    assert.equal(await it.end(producer, !commit), 'invalid-transaction-state')
    assert.equal(it.markers.length, 2)
    it.restart()
    assert.equal(await it.end(producer, commit), 'ok')
  })
}

test('a transaction that has not begun can’t be ended', async () => {
  const it = new Coordinator()
  const producer = await it.producer('tx')
  assert.equal(await it.end(producer, true), 'invalid-transaction-state')
  assert.equal(await it.end({ ...producer, producerId: 5 }, true), 'unknown-producer')
  assert.equal(await it.end({ ...producer, transactionalId: 'absent' }, true), 'unknown-producer')
})

test('batches pass while the transaction runs and has their partition, and at no other time', async () => {
  const { it, producer } = await running()
  assert.equal(await it.gate(producer, 'log', 0), 'ok')
  assert.equal(await it.gate(producer, 'log', 2), 'invalid-transaction-state')
  assert.equal(await it.gate({ ...producer, producerEpoch: 1 }, 'log', 0), 'invalid-transaction-state')
  assert.equal(await it.gate({ ...producer, producerId: 5 }, 'log', 0), 'invalid-transaction-state')
  it.restart()
  assert.equal(await it.gate(producer, 'log', 0), 'ok')
  await it.end(producer, true)
  assert.equal(await it.gate(producer, 'log', 0), 'invalid-transaction-state')
  await it.add(producer, 'log', 2)
  assert.equal(await it.gate(producer, 'log', 2), 'ok')
  assert.equal(await it.gate(producer, 'log', 0), 'invalid-transaction-state')
})

test('offsets given to a transaction are the group’s when it commits, and nobody’s when it aborts', async () => {
  const { it, producer } = await running()
  assert.equal(await it.addGroup(producer), 'ok')
  assert.deepEqual(await it.give(producer, [at(0, 5), at(1, 6)]), ['ok', 'ok'])
  assert.deepEqual(await it.give(producer, [at(0, 7)]), ['ok'])
  assert.deepEqual(await it.committed(), [])
  assert.deepEqual([...(await it.transactions.pendingOffsets(it.scope, 'group'))].sort(), ['log/0', 'log/1'])
  assert.deepEqual([...(await it.transactions.pendingOffsets(it.scope, 'other'))], [])
  await it.end(producer, true)
  assert.deepEqual((await it.committed()).sort(), ['log/0=7', 'log/1=6'])
  assert.equal((await it.transactions.pendingOffsets(it.scope, 'group')).size, 0)
  await it.addGroup(producer)
  await it.give(producer, [at(0, 9)])
  await it.end(producer, false)
  assert.deepEqual((await it.committed()).sort(), ['log/0=7', 'log/1=6'])
})

test('offsets survive a restart between giving and committing, in whatever number', async () => {
  const { it, producer } = await running()
  await it.topic('wide', 250)
  await it.addGroup(producer)
  await it.give(
    producer,
    Array.from({ length: 250 }, (_, partition) => at(partition, partition + 1, 'wide')),
  )
  it.restart()
  assert.equal((await it.transactions.pendingOffsets(it.scope, 'group')).size, 250)
  await it.end(producer, true)
  assert.equal((await it.committed()).length, 250)
  it.restart()
  await it.addGroup(producer)
  assert.equal((await it.transactions.pendingOffsets(it.scope, 'group')).size, 0)
})

test('offsets are refused of a group that isn’t in the transaction, and those that can’t be', async () => {
  const { it, producer } = await running()
  assert.deepEqual(await it.give(producer, [at(0, 1)]), ['invalid-transaction-state'])
  await it.addGroup(producer)
  const long = { ...at(2, 1), metadata: 'x'.repeat(4097) }
  const outcome = await it.give(producer, [at(0, 1), at(3, 1), at(1, -1), long, at(0, 1, 'absent')])
  assert.deepEqual(outcome, ['ok', 'no-such-partition', 'invalid-offset', 'metadata-too-large', 'no-such-partition'])
  const claim = { groupId: 'group', memberId: 'gone', instanceId: null, generation: 3 }
  const given = { claim, offsets: [at(0, 1)] }
  assert.deepEqual(await it.transactions.commitOffsets(it.scope, producer, given), ['illegal-generation'])
})

test('what a group commits itself after giving its offset to a transaction counts', async () => {
  const { it, producer } = await running()
  await it.addGroup(producer)
  await it.give(producer, [at(0, 5), at(1, 5)])
  it.clock.advance(1)
  await it.scope.log.commitOffsets('group', [at(0, 9)])
  await it.end(producer, true)
  assert.deepEqual((await it.committed()).sort(), ['log/0=9', 'log/1=5'])
})

test('offsets count though the clock was set back since the group’s last commit', async () => {
  const { it, producer } = await running()
  await it.scope.log.commitOffsets('group', [at(0, 1)])
  it.clock.jumpWall(-60_000)
  await it.addGroup(producer)
  await it.give(producer, [at(0, 5)])
  await it.end(producer, true)
  assert.deepEqual(await it.committed(), ['log/0=5'])
})

test('topics that are gone, or made anew, meanwhile don’t keep a transaction from ending', async () => {
  const { it, producer } = await running()
  await it.topic('renewed')
  await it.addGroup(producer)
  await it.give(producer, [at(0, 5), at(1, 5, 'renewed')])
  await it.topic('kept')
  await it.give(producer, [at(0, 3, 'kept')])
  await it.scope.log.deleteTopic('log')
  await it.scope.log.deleteTopic('renewed')
  await it.topic('renewed')
  assert.equal(await it.end(producer, true), 'ok')
  assert.equal(await it.state('tx'), 'CompleteCommit')
  assert.deepEqual(await it.committed(), ['kept/0=3'])
})

test('a decision whose partitions can’t be told is acknowledged, and carried out when they can', async () => {
  const { it, producer } = await running()
  it.failures = 2
  assert.equal(await it.end(producer, true), 'ok')
  assert.equal(await it.state('tx'), 'PrepareCommit')
  assert.equal(await it.gate(producer, 'log'), 'invalid-transaction-state')
  assert.equal(await it.end(producer, false), 'invalid-transaction-state')
  it.failures = 2
  assert.equal(await it.end(producer, true), 'concurrent-transactions')
  it.failures = 2
  assert.equal(await it.add(producer, 'log', 2), 'concurrent-transactions')
  it.clock.advance(10_000)
  await settled()
  assert.equal(await it.state('tx'), 'CompleteCommit')
})

test('what was decided before a crash is carried out when the tenant is resumed', async () => {
  const { it, producer } = await running()
  await it.addGroup(producer)
  await it.give(producer, [at(0, 5)])
  it.failures = 2
  await it.end(producer, true)
  it.failures = 0
  await it.restart().resume(it.scope)
  assert.equal(await it.state('tx'), 'CompleteCommit')
  assert.deepEqual(await it.committed(), ['log/0=5'])
  assert.equal(it.markers.length, 2)
})

test('a transaction is aborted when its time is over, and its producer fenced', async () => {
  const { it, producer } = await running()
  it.clock.advance(59_999)
  await settled()
  assert.equal(await it.state('tx'), 'Ongoing')
  it.clock.advance(1)
  await settled()
  assert.equal(await it.state('tx'), 'CompleteAbort')
  assert.deepEqual(
    it.markers.map(({ commit, producerEpoch }) => [commit, producerEpoch]),
    [
      [false, 1],
      [false, 1],
    ],
  )
  assert.equal(await it.end(producer, true), 'producer-fenced')
  assert.equal((await it.producer('tx')).producerEpoch, 2)
})

test('the time of a transaction goes on over a restart, and over a clock that jumps', async () => {
  const { it } = await running()
  it.clock.advance(30_000)
  await it.restart().resume(it.scope)
  it.clock.advance(29_999)
  await settled()
  assert.equal(await it.state('tx'), 'Ongoing')
  it.clock.jumpWall(5_000)
  it.clock.advance(10_000)
  await settled()
  assert.equal(await it.state('tx'), 'CompleteAbort')
})

test('a transaction that is overdue at the start is aborted then', async () => {
  const { it } = await running()
  it.clock.jumpWall(60_000)
  await it.restart().resume(it.scope)
  assert.equal(await it.state('tx'), 'CompleteAbort')
})

test('a write of which nobody knows the outcome is found out about before anything else is done', async () => {
  let lost = false
  const after = (operation: string): void => {
    if (lost && operation === 'tables.write') throw new Error('lost')
  }
  const { it, producer } = await running({ faults: { before: () => {}, after } })
  lost = true
  await assert.rejects(it.end(producer, true), /lost/)
  lost = false
  assert.equal(await it.gate(producer, 'log'), 'invalid-transaction-state')
  assert.equal(await it.end(producer, false), 'invalid-transaction-state')
  assert.equal(await it.end(producer, true), 'ok')
  assert.equal(it.markers.length, 2)
})

test('of two processes only one goes on from a state', async () => {
  const { it, producer } = await running()
  const first = it.transactions
  await it.start().resume(it.scope)
  assert.equal(await it.end(producer, true), 'ok')
  await assert.rejects(first.end(it.scope, { ...producer, commit: false }), { code: 'unavailable' })
  assert.equal(await first.end(it.scope, { ...producer, commit: false }), 'invalid-transaction-state')
})

test('transactions are bounded in partitions, groups and offsets, by themselves and together', async () => {
  const { it, producer } = await running({
    limits: { partitionsPerTransaction: 2, groupsPerTransaction: 1, offsetsPerTransaction: 1, transactionEntries: 5 },
  })
  assert.equal(await it.add(producer, 'log', 2), 'transaction-too-large')
  assert.equal(await it.addGroup(producer, 'g1'), 'ok')
  assert.equal(await it.addGroup(producer, 'g2'), 'transaction-too-large')
  assert.deepEqual(await it.give(producer, [at(0, 1)], 'g1'), ['ok'])
  assert.deepEqual(await it.give(producer, [at(1, 1)], 'g1'), ['transaction-too-large'])
  const other = await it.producer('other')
  assert.equal(await it.add(other, 'log', 0), 'ok')
  assert.equal(await it.add(other, 'log', 1), 'transaction-too-large')
  await it.end(producer, false)
  assert.equal(await it.add(other, 'log', 1), 'ok')
})

test('names that no record could hold are too large', async () => {
  const { it, producer } = await running({ limits: { partitionsPerTransaction: 1e6 } })
  const partitions = Array.from({ length: 4_000 }, (_, i) => ({ topic: `${i}`.padEnd(249, 'x'), partition: 0 }))
  assert.equal(await it.transactions.addPartitions(it.scope, producer, partitions), 'transaction-too-large')
  assert.equal(await it.end(producer, true), 'ok')
})

test('a tenant that is forgotten is left alone from then on', async () => {
  const { it, producer } = await running()
  it.transactions.forget(it.scope.tenantId)
  it.clock.advance(120_000)
  await settled()
  assert.equal(it.markers.length, 0)
  // It is read again when somebody asks, and by then it is overdue.
  await it.transactions.resume(it.scope)
  assert.equal(await it.end(producer, true), 'producer-fenced')
  await it.transactions[Symbol.asyncDispose]()
})
