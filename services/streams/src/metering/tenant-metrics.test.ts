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
    // How it stands to its quotas is told by those who hold it to them.
    (await metrics.text())
      .split('\n')
      .filter((line) => line.includes(scope.tenantId) && !/_(quota|throttled)_/.test(line))
  const tenant = `tenant="${scope.tenantId}"`
  assert.deepEqual((await series()).toSorted(), [
    `koine_streams_fetched_bytes_total{${tenant}} ${bytes}`,
    `koine_streams_fetched_records_total{${tenant}} 2`,
    `koine_streams_group_lag_records{${tenant},group="readers"} 1`,
    `koine_streams_partitions{${tenant}} 3`,
    `koine_streams_produce_refusals_total{${tenant}} 1`,
    `koine_streams_produced_bytes_total{${tenant}} ${bytes}`,
    `koine_streams_produced_records_total{${tenant}} 2`,
    `koine_streams_read_bytes{${tenant},source="cache"} ${bytes}`,
    `koine_streams_read_bytes{${tenant},source="local"} 0`,
    `koine_streams_read_bytes{${tenant},source="tiered"} 0`,
    `koine_streams_segment_bytes{${tenant},tier="local"} ${bytes}`,
    `koine_streams_segment_bytes{${tenant},tier="tiered"} 0`,
    `koine_streams_segments{${tenant},tier="damaged"} 0`,
    `koine_streams_segments{${tenant},tier="local"} 3`,
    `koine_streams_segments{${tenant},tier="tiered"} 0`,
  ])
  assert.ok(!(await metrics.text()).includes(other.tenantId))
  streams.forget(scope.tenantId)
  assert.deepEqual(await series(), [])
})

test('of a tenant of the platform’s own nothing is told', async () => {
  const { streams, scope, other, metrics } = virtualCluster()
  streams.leaveOutOfMetrics(scope.tenantId)
  for (const each of [scope, other]) {
    await streams.createTopic(each, { name: 'log', partitions: 1 })
    await streams.produce(each, { topic: 'log', partition: 0 }, batchOf(['a']))
  }
  await Promise.all([streams.throttling.of(scope), streams.throttling.of(other)])
  const text = await metrics.text()
  assert.ok(!text.includes(scope.tenantId))
  assert.ok(text.includes(`koine_streams_quota_per_second{tenant="${other.tenantId}"`))
  assert.ok(text.includes(`koine_streams_produced_bytes_total{tenant="${other.tenantId}"}`))
})
