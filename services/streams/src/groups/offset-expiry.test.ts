import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerClient } from '../testing/consumer-client.ts'
import { GroupClients, subscriptionBytes } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'

const dayMs = 24 * 60 * 60_000
const outsider = { memberId: '', instanceId: null, generation: -1 }

async function cluster() {
  const made = virtualCluster()
  const { streams, scope, clock } = made
  for (const name of ['orders', 'returns']) await streams.createTopic(scope, { name, partitions: 1 })
  const commit = async (claim: Partial<typeof outsider> = {}, groupId = 'group'): Promise<void> => {
    const offsets = ['orders', 'returns'].map((topic) => ({ topic, partition: 0, offset: 5 }))
    const knowsEpochs = true
    const failures = await streams.groups.commit(scope, { ...outsider, ...claim, groupId, knowsEpochs }, offsets)
    assert.deepEqual(failures, [undefined, undefined])
  }
  const kept = async (groupId = 'group'): Promise<string[]> =>
    (await streams.groups.committed(scope, groupId)).map(({ topic }) => topic)
  const sweepIn = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await streams.groups.sweep(scope)
  }
  return { ...made, commit, kept, sweepIn, group: new GroupClients(made) }
}

const subscription = {
  protocols: [{ name: 'range', metadata: subscriptionBytes('orders') }],
  sessionTimeoutMs: 1_800_000,
}

test('offsets of a group that never had members live seven days from their commit', async () => {
  const { commit, kept, sweepIn } = await cluster()
  await commit()
  await sweepIn(7 * dayMs - 1)
  assert.equal((await kept()).length, 2)
  await sweepIn(1)
  assert.deepEqual(await kept(), [])
})

test('offsets of a group live seven days from when its last member went, over a restart', async () => {
  const { commit, kept, clock, scope, streams, restart, group } = await cluster()
  const [member] = await group.stableGroup([subscription])
  const { memberId, generation } = member!
  await commit({ memberId, generation })
  streams.groups.leave(scope, 'group', [{ memberId, instanceId: null }])
  clock.advance(3 * dayMs)
  const later = restart()
  clock.advance(4 * dayMs - 1_000)
  await later.groups.sweep(scope)
  assert.equal((await kept()).length, 2)
  clock.advance(1_000)
  await later.groups.sweep(scope)
  assert.deepEqual(await kept(), [])
  assert.deepEqual(await later.groups.list(scope), [], 'the group is gone with its last offset')
})

test('the last member of a group may have gone with the process: its offsets live on from there', async () => {
  const { commit, kept, clock, scope, streams, restart, group } = await cluster()
  const [member] = await group.stableGroup([subscription])
  await commit({ memberId: member!.memberId, generation: member!.generation })
  streams.groups.forgetAll()
  clock.advance(8 * dayMs)
  const later = restart()
  clock.advance(7 * dayMs - 1)
  await later.groups.sweep(scope)
  assert.equal((await kept()).length, 2)
  clock.advance(1)
  await later.groups.sweep(scope)
  assert.deepEqual(await kept(), [])
})

test('of a group with members, only offsets of topics that nobody reads go', async () => {
  const { commit, kept, sweepIn, group, clock } = await cluster()
  const [member] = await group.stableGroup([subscription])
  await commit({ memberId: member!.memberId, generation: member!.generation })
  for (let minutes = 0; minutes < 7 * 24 * 60; minutes += 20) {
    clock.advance(1_200_000)
    assert.equal(group.heartbeat(member!), 'ok')
  }
  await sweepIn(1)
  assert.deepEqual(await kept(), ['orders'])
})

test('so it is with a group of the consumer protocol', async () => {
  const made = await cluster()
  const { commit, kept, sweepIn, clock } = made
  const client = new ConsumerClient(made, { memberId: 'm', topicNames: ['orders'] })
  await client.beat()
  await commit({ memberId: 'm', generation: client.epoch })
  for (let seconds = 0; seconds < 7 * 24 * 60 * 60; seconds += 40) {
    clock.advance(40_000)
    assert.equal(await client.beat(), 'ok')
  }
  await sweepIn(1)
  assert.deepEqual(await kept(), ['orders'])
})

test('tenants that commit are swept by themselves, some groups at a time', async () => {
  const { commit, kept, clock } = await cluster()
  for (let index = 0; index < 250; index++) await commit({}, `group-${index}`)
  clock.advance(7 * dayMs)
  for (let turn = 0; turn < 5_000 && (await kept('group-99')).length > 0; turn++) {
    clock.advance(1_000)
    await settled()
  }
  assert.deepEqual(await kept('group-99'), [], 'the last by name comes with the second part')
})
