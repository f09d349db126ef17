import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@koine/base'
import { defaultStreamsLimits } from '../limits.ts'
import { virtualCluster } from '../testing/virtual-cluster.ts'
import { PartitionKnowledge } from './partition-knowledge.ts'
import { defaultSavePolicy } from './state-saver.ts'

test('nothing is kept of a tenant that was forgotten before its partition was read', async () => {
  const { scope, clock } = virtualCluster()
  await scope.log.createTopic({ name: 'log', partitions: 1 })
  const shared = { clock, logger: silentLogger, limits: defaultStreamsLimits, saving: defaultSavePolicy }
  const knowledge = new PartitionKnowledge(scope, { topic: 'log', partition: 0 }, { ...shared, held: { producers: 0 } })
  knowledge.isForgotten = true
  const held = await knowledge.current(async () => {})
  assert.equal(held?.saver.isStopped, true)
})
