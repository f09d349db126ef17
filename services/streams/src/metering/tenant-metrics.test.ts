import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, virtualCluster } from '../testing/virtual-cluster.ts'

test('what a tenant produces, fetches and has is told under its name, and is gone with it', async () => {
  const { streams, scope, other, metrics } = virtualCluster()
  await streams.createTopic(scope, { name: 'log', partitions: 3 })
  const at = { topic: 'log', partition: 0 }
  const batch = batchOf(['a', 'b'])
  const bytes = batch.length
  await streams.produce(scope, at, batch)
  await streams.produce(scope, { topic: 'absent', partition: 0 }, batchOf(['c']))
  const signal = new AbortController().signal
  const wanted = [{ ...at, offset: 0, bytesMax: 1_000 }]
  await streams.fetch(scope, { partitions: wanted, bytesMin: 0, bytesMax: 1_000, waitMsMax: 0, signal })
  await scope.log.commitOffsets('readers', [{ ...at, offset: 1 }])
  const series = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line.includes(scope.tenantId))
  const tenant = `tenant="${scope.tenantId}"`
  assert.deepEqual((await series()).toSorted(), [
    `koine_streams_fetched_bytes_total{${tenant}} ${bytes}`,
    `koine_streams_fetched_records_total{${tenant}} 2`,
    `koine_streams_group_lag_records{${tenant},group="readers"} 1`,
    `koine_streams_partitions{${tenant}} 3`,
    `koine_streams_produce_refusals_total{${tenant}} 1`,
    `koine_streams_produced_bytes_total{${tenant}} ${bytes}`,
    `koine_streams_produced_records_total{${tenant}} 2`,
  ])
  assert.ok(!(await metrics.text()).includes(other.tenantId))
  streams.forget(scope.tenantId)
  assert.deepEqual(await series(), [])
})
