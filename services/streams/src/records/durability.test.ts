import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Durability, TenantLog, TenantScope } from '@koine/stores-ports'
import { topicSettingsProblem } from '../topics/topic-settings.ts'
import { batchOf } from '../testing/virtual-cluster.ts'
import { recordCluster } from './testing/record-cluster.ts'

const at = { topic: 'log', partition: 0 }

/** The scope, with a log that notes what durability its appends ask for. */
function listeningTo(scope: TenantScope): { readonly scope: TenantScope; readonly asked: (Durability | undefined)[] } {
  const asked: (Durability | undefined)[] = []
  const { log } = scope
  const append: TenantLog['append'] = (to, batches, options) => {
    asked.push(options?.durability)
    return log.append(to, batches, options)
  }
  const listening = new Proxy(log, {
    get: (target, name): unknown => {
      if (name === 'append') return append
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { scope: { ...scope, log: listening }, asked }
}

for (const [settings, durability] of [
  [{}, 'sync'],
  [{ 'koine.durability': 'sync' }, 'sync'],
  [{ 'koine.durability': 'os' }, 'os'],
  [{ 'koine.durability': ' os ' }, 'os'],
] as const) {
  test(`with the settings ${JSON.stringify(settings)} batches are appended for '${durability}'`, async () => {
    const cluster = recordCluster()
    await cluster.createTopic('log', settings)
    const { scope, asked } = listeningTo(cluster.scope)
    assert.ok((await cluster.records.produce(scope, at, batchOf(['a']))).ok)
    assert.deepEqual(asked, [durability])
  })
}

test('the marker that ends a transaction is on the disk, whatever its topic asks for', async () => {
  const cluster = recordCluster()
  await cluster.createTopic('log', { 'koine.durability': 'os' })
  const { scope, asked } = listeningTo(cluster.scope)
  const producer = { producerId: 7, producerEpoch: 0 }
  const batch = batchOf(['a'], { ...producer, baseSequence: 0, isTransactional: true })
  assert.ok((await cluster.records.produce(scope, at, batch)).ok)
  const end = { ...producer, commit: true, coordinatorEpoch: 0 }
  assert.ok((await cluster.records.endTransaction(scope, at, end)).ok)
  assert.deepEqual(asked, ['os', 'sync'])
})

test('a durability that there is not is refused', () => {
  assert.equal(topicSettingsProblem({ 'koine.durability': 'os' }), undefined)
  assert.match(topicSettingsProblem({ 'koine.durability': 'none' })!, /String must be one of: sync, os/)
})
