import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Faults, noFaults } from '@koine/stores-ports'
import { batchOf, settled, virtualCluster } from '../testing/virtual-cluster.ts'

const at = { topic: 'log', partition: 0 }

test('records of a topic that is made anew under the name are not deleted with those of the old one', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const faults: Faults = {
    ...noFaults,
    before: (operation) => (operation.endsWith('deleteRecords') ? released : undefined),
  }
  const { streams, scope } = virtualCluster({ faults })
  await streams.createTopic(scope, { name: at.topic })
  await streams.produce(scope, at, batchOf(['old', 'old', 'old']))
  const deleting = streams.catalog.deleteRecords(scope, at, 'all')
  await settled()
  const madeAnew = (async () => {
    await streams.deleteTopic(scope, at.topic)
    await streams.createTopic(scope, { name: at.topic })
    await streams.produce(scope, at, batchOf(['new', 'new', 'new']))
  })()
  for (let turn = 0; turn < 20; turn++) await settled()
  release()
  await Promise.all([deleting, madeAnew])
  assert.deepEqual(await scope.log.bounds(at), { startOffset: 0, endOffset: 3 })
})
