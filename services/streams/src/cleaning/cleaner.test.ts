import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, silentLogger } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import { batchOf, settled, virtualCluster } from '../testing/virtual-cluster.ts'
import { Cleaner } from './cleaner.ts'

const cleaningIntervalMs = 1_000

async function cluster() {
  const made = virtualCluster({ limits: { cleaningIntervalMs } })
  const { clock, streams } = made
  const cleaner = new Cleaner({ streams, clock, logger: silentLogger, metrics: new Metrics() })
  const at = { topic: 'old', partition: 0 }
  for (const scope of [made.scope, made.other]) {
    await streams.createTopic(scope, { name: at.topic, settings: { 'retention.ms': '10' } })
    await streams.produce(scope, at, batchOf(['a'], {}, clock.now() - 60_000))
  }
  const isEmpty = async (scope: TenantScope): Promise<boolean> => (await scope.log.bounds(at))!.startOffset > 0
  const afterATurn = async (ms: number): Promise<void> => {
    clock.advance(ms)
    for (let i = 0; i < 20; i++) await settled()
  }
  return { ...made, cleaner, isEmpty, afterATurn, [Symbol.asyncDispose]: () => cleaner[Symbol.asyncDispose]() }
}

test('each tenant has its turn once in an interval, one after another', async () => {
  await using it = await cluster()
  it.cleaner.add(it.scope)
  it.cleaner.add(it.scope)
  it.cleaner.add(it.other)
  const emptied = async () => [await it.isEmpty(it.scope), await it.isEmpty(it.other)]
  // The first pause began before there were tenants.
  await it.afterATurn(cleaningIntervalMs)
  assert.deepEqual(await emptied(), [true, false])
  await it.afterATurn(cleaningIntervalMs / 2)
  assert.deepEqual(await emptied(), [true, true])
})

test('a tenant that is removed is left alone', async () => {
  await using it = await cluster()
  it.cleaner.add(it.scope)
  await it.cleaner.remove(it.scope.tenantId)
  await it.afterATurn(cleaningIntervalMs)
  assert.equal(await it.isEmpty(it.scope), false)
})

test('removing a tenant waits for the end of its turn', async () => {
  await using it = await cluster()
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const log = Object.create(it.scope.log, {
    topics: { value: () => held.then(() => it.scope.log.topics()) },
  }) as TenantScope['log']
  it.cleaner.add({ ...it.scope, log })
  await it.afterATurn(cleaningIntervalMs)
  let isRemoved = false
  const removing = it.cleaner.remove(it.scope.tenantId).then(() => (isRemoved = true))
  await settled()
  assert.equal(isRemoved, false)
  release()
  await removing
  assert.equal(await it.isEmpty(it.scope), false)
})

test('a tenant that fails doesn’t keep others from their turn', async () => {
  await using it = await cluster()
  const log = Object.create(it.scope.log, {
    topics: { value: () => Promise.reject(new Error('the disk is gone')) },
  }) as TenantScope['log']
  it.cleaner.add({ ...it.scope, log })
  it.cleaner.add(it.other)
  await it.afterATurn(cleaningIntervalMs)
  await it.afterATurn(cleaningIntervalMs / 2)
  assert.equal(await it.isEmpty(it.other), true)
})
