import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import type { Streams } from '../streams.ts'
import { batchOf, virtualCluster, type VirtualCluster } from '../testing/virtual-cluster.ts'
import { anew } from './testing/coordinator.ts'

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
