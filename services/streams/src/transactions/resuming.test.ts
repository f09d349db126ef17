import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { until } from '@koine/base/testing'
import type { Streams } from '../streams.ts'
import { batchOf, settled, virtualCluster, type VirtualCluster } from '../testing/virtual-cluster.ts'
import { anew, Coordinator } from './testing/coordinator.ts'

const at = { topic: 'log', partition: 0 }

/** A cluster with a record of an open transaction. */
async function withOpenTransaction(): Promise<VirtualCluster> {
  const cluster = virtualCluster()
  const { streams, scope } = cluster
  await scope.log.createTopic({ name: 'log', partitions: 1 })
  const transactionalId = 'tx'
  const producer = await streams.transactions.initProducer(scope, { transactionalId, timeoutMs: 60_000, ...anew })
  assert.ok(producer.ok)
  await streams.transactions.addPartitions(scope, { transactionalId, ...producer }, [at])
  const { producerId, producerEpoch } = producer
  const batch = batchOf(['x'], { producerId, producerEpoch, baseSequence: 0, isTransactional: true })
  assert.ok((await streams.produce(scope, at, batch)).ok)
  assert.equal(await streams.lastStableOffset(scope, at), 0)
  return cluster
}

async function expectStable({ scope }: VirtualCluster, streams: Streams): Promise<void> {
  await until('all is stable', async () => (await streams.lastStableOffset(scope, at)) === 2)
}

test('what is overdue after a restart is aborted when its tenant is resumed', async () => {
  const cluster = await withOpenTransaction()
  cluster.streams.forget(cluster.scope.tenantId)
  const restarted = cluster.restart()
  cluster.clock.advance(60_000)
  await restarted.transactions.resume(cluster.scope)
  assert.equal(await restarted.lastStableOffset(cluster.scope, at), 2)
})

test('a tenant that comes back is resumed by the first who reads', async () => {
  const cluster = await withOpenTransaction()
  const { streams, scope, clock } = cluster
  streams.forget(scope.tenantId)
  clock.advance(60_000)
  const partitions = [{ ...at, offset: 0, bytesMax: 1_000 }]
  const { signal } = new AbortController()
  await streams.fetch(scope, { partitions, bytesMin: 0, waitMsMax: 0, bytesMax: 1_000, signal })
  await expectStable(cluster, streams)
})

test('a tenant that is forgotten while a transaction ends gets no late marker when it comes back', async () => {
  const it = new Coordinator()
  const last = 64
  await it.topic('wide', last + 1)
  const producer = await it.producer('tx')
  await it.add(producer, 'wide', ...Array.from({ length: last + 1 }, (_, partition) => partition))
  const { promise, resolve } = Promise.withResolvers<void>()
  it.hold = promise
  const ending = it.end(producer, true)
  await until('the first markers are on their way', () => it.markers.length === last)
  it.hold = undefined
  it.transactions.forget(it.scope.tenantId)
  // Ended by who comes back, the next one begins in the partition that was last in the row.
  await it.transactions.resume(it.scope)
  assert.equal(await it.state('tx'), 'CompleteCommit')
  assert.equal(await it.add(producer, 'wide', last), 'ok')
  resolve()
  await ending
  assert.equal(it.markers.filter(({ partition }) => partition === last).length, 1)
})

test('of many tenants at the start a few are resumed at a time, and all of them in the end', async () => {
  let [resuming, most, resumed] = [0, 0, 0]
  const slow = async (operation: string): Promise<void> => {
    if (operation !== 'tables.query') return
    most = Math.max(most, ++resuming)
    await settled()
    resuming--
    resumed++
  }
  const it = new Coordinator({ faults: { before: slow, after: () => {} } })
  const idSource = { clock: it.clock, randomness: seededRandomness(5) }
  for (let tenant = 0; tenant < 50; tenant++) {
    it.transactions.wakeInTurn({ ...it.scope, tenantId: tenantIds.make(idSource) })
  }
  await until('all are resumed', () => resumed === 50)
  assert.ok(most <= 4, `${most} at once`)
})
