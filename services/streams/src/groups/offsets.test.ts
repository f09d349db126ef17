import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupClients } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'
import type { OffsetFailure } from './offsets.ts'

const outsider = { groupId: 'group', memberId: '', instanceId: null, generation: -1 }

async function cluster() {
  const made = virtualCluster()
  const { streams, scope } = made
  await streams.createTopic(scope, { name: 'orders', partitions: 2 })
  const commit = async (claim: Partial<typeof outsider> = {}, offset = 5): Promise<OffsetFailure | undefined> => {
    const offsets = [{ topic: 'orders', partition: 0, offset, metadata: 'note' }]
    const [failure] = await streams.groups.commit(scope, { ...outsider, ...claim }, offsets)
    return failure
  }
  return { ...made, commit, group: new GroupClients(made) }
}

test('offsets are kept over a restart, with their metadata', async () => {
  const { commit, scope, restart } = await cluster()
  assert.equal(await commit(), undefined)
  const [offset] = await restart().groups.committed(scope, 'group')
  assert.equal(offset!.offset, 5)
  assert.equal(offset!.metadata, 'note')
})

test('a member of the generation commits; others don’t', async () => {
  const { commit, group } = await cluster()
  const [member] = await group.stableGroup([{}])
  const { memberId, generation } = member!
  assert.equal(await commit({ memberId, generation }), undefined)
  assert.equal(await commit({ memberId, generation: generation + 1 }), 'illegal-generation')
  assert.equal(await commit({ memberId: 'other', generation }), 'unknown-member')
  assert.equal(await commit(), 'unknown-member')
})

test('nobody commits between the joining and the assignment of a generation', async () => {
  const { commit, group } = await cluster()
  const [member] = await group.stableGroup([{}])
  group.join({ memberId: member!.memberId, protocols: [{ name: 'range', metadata: Buffer.from('other') }] })
  await settled()
  assert.equal(await group.state(), 'CompletingRebalance')
  assert.equal(await commit({ memberId: member!.memberId, generation: 2 }), 'rebalance-in-progress')
})

test('a generation that nobody knows can’t commit', async () => {
  const { commit } = await cluster()
  assert.equal(await commit({ memberId: 'ghost', generation: 3 }), 'illegal-generation')
})

test('each offset fails or is kept for itself', async () => {
  const { streams, scope } = await cluster()
  const failures = await streams.groups.commit(scope, outsider, [
    { topic: 'orders', partition: 0, offset: 1 },
    { topic: 'orders', partition: 2, offset: 1 },
    { topic: 'absent', partition: 0, offset: 1 },
    { topic: 'orders', partition: 1, offset: 1, metadata: 'x'.repeat(5_000) },
    { topic: 'orders', partition: 1, offset: -5 },
  ])
  assert.deepEqual(failures, [
    undefined,
    'no-such-partition',
    'no-such-partition',
    'metadata-too-large',
    'invalid-offset',
  ])
  const committed = await streams.groups.committed(scope, 'group')
  assert.deepEqual(
    committed.map(({ partition, offset }) => [partition, offset]),
    [[0, 1]],
  )
})

test('offsets of the partitions asked for are found, and none of another tenant’s', async () => {
  const { commit, streams, scope, other } = await cluster()
  await commit()
  const at = (partition: number) => [{ topic: 'orders', partition }]
  assert.equal((await streams.groups.committed(scope, 'group', at(0))).length, 1)
  assert.equal((await streams.groups.committed(scope, 'group', at(1))).length, 0)
  assert.deepEqual(await streams.groups.committed(other, 'group'), [])
})

test('a group with offsets and no members is empty, and can be deleted', async () => {
  const { commit, streams, scope, group } = await cluster()
  await commit()
  assert.equal(await group.state(), 'Empty')
  assert.deepEqual(
    (await streams.groups.list(scope)).map(({ groupId, state }) => [groupId, state]),
    [['group', 'Empty']],
  )
  assert.deepEqual(await streams.groups.delete(scope, 'group'), { ok: true })
  assert.deepEqual(await streams.groups.delete(scope, 'group'), { ok: false, reason: 'no-such-group' })
  assert.deepEqual(await streams.groups.committed(scope, 'group'), [])
})

test('a group with members can’t be deleted', async () => {
  const { streams, scope, group } = await cluster()
  await group.stableGroup([{}])
  assert.deepEqual(await streams.groups.delete(scope, 'group'), { ok: false, reason: 'not-empty' })
})
