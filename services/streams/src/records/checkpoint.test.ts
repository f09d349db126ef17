import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Faults } from '@koine/stores-ports'
import { batchOf, settled, virtualCluster } from '../testing/virtual-cluster.ts'

const at = { topic: 'log', partition: 0 }

/** A log whose appends take effect, and aren't answered while it is held. */
class SlowAnswers implements Faults {
  #released: Promise<void> | undefined

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#released = promise
    return resolve
  }

  before(): void {}

  after(operation: string): Promise<void> | undefined {
    return operation === 'log.append' ? this.#released : undefined
  }
}

test('a batch that is deleted before its append is answered is known again after a crash', async () => {
  const faults = new SlowAnswers()
  const { streams, scope, restart } = virtualCluster({ faults })
  await scope.log.createTopic({ name: 'log', partitions: 1 })
  const batch = (baseSequence: number) => batchOf(['x'], { producerId: 7, producerEpoch: 0, baseSequence })
  assert.ok((await streams.produce(scope, at, batch(0))).ok)
  const release = faults.hold()
  const producing = streams.produce(scope, at, batch(1))
  await settled()
  const deleting = streams.catalog.deleteRecords(scope, at, 'all')
  for (let turns = 0; turns < 20; turns++) await settled()
  release()
  assert.ok((await producing).ok)
  assert.deepEqual(await deleting, { ok: true, startOffset: 2, endOffset: 2 })
  const again = await restart().produce(scope, at, batch(1))
  assert.ok(again.ok)
  assert.equal(again.baseOffset, 1)
  assert.deepEqual(await scope.log.bounds(at), { startOffset: 2, endOffset: 2 })
})
