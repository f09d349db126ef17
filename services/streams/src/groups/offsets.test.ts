import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerClient } from '../testing/consumer-client.ts'
import { assignmentBytes, GroupClients, subscriptionBytes } from '../testing/group-client.ts'
import { batchOf, settled, virtualCluster } from '../testing/virtual-cluster.ts'
import type { GroupClaim } from './group-coordinator.ts'
import type { OffsetFailure } from './offsets.ts'

const outsider = { groupId: 'group', memberId: '', instanceId: null, generation: -1 }

async function cluster() {
  const made = virtualCluster()
  const { streams, scope } = made
  await streams.createTopic(scope, { name: 'orders', partitions: 2 })
  const commit = async (claim: Partial<GroupClaim> = {}, offset = 5): Promise<OffsetFailure | undefined> => {
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

test('a transaction may commit for nobody in particular, and otherwise as a member that is up to date', async () => {
  const { commit, group } = await cluster()
  const [member] = await group.stableGroup([{}])
  const { memberId, generation } = member!
  const transactional = { isTransactional: true }
  assert.equal(await commit({ ...transactional }), undefined)
  assert.equal(await commit({ ...transactional, memberId, generation }), undefined)
  assert.equal(await commit({ ...transactional, memberId, generation: generation - 1 }), 'illegal-generation')
  assert.equal(await commit({ ...transactional, memberId: 'other', generation }), 'unknown-member')
})

test('a member of the consumer protocol commits at its epoch, and its client has to know epochs', async () => {
  const made = await cluster()
  const client = new ConsumerClient(made, { memberId: 'm' })
  await client.beat()
  const { commit } = made
  const claim = { memberId: 'm', generation: client.epoch, knowsEpochs: true }
  assert.equal(await commit(claim), undefined)
  assert.equal(await commit({ ...claim, generation: 9 }), 'stale-epoch')
  assert.equal(await commit({ ...claim, generation: 9, isTransactional: true }), 'illegal-generation')
  assert.equal(await commit({ ...claim, memberId: 'other' }), 'unknown-member')
  assert.equal(await commit({ ...claim, knowsEpochs: false }), 'needs-epochs')
  assert.equal(await commit({ knowsEpochs: true }), 'unknown-member')
  await client.leave()
  assert.equal(await commit({ ...claim }), 'unknown-member', 'a member that is told so joins again')
  assert.equal(await commit({}), undefined)
})

test('offsets are fetched by members that are up to date, and by whoever doesn’t claim to be one', async () => {
  const made = await cluster()
  const { streams, scope } = made
  const client = new ConsumerClient(made, { memberId: 'm' })
  await client.beat()
  const ask = async (memberId: string | null, memberEpoch: number): Promise<string> => {
    const found = await streams.groups.fetchOffsets(scope, { groupId: 'group', memberId, memberEpoch })
    return found.ok ? 'ok' : found.reason
  }
  assert.equal(await ask('m', client.epoch), 'ok')
  assert.equal(await ask(null, -1), 'ok')
  assert.equal(await ask('m', 7), 'stale-epoch')
  assert.equal(await ask('other', 1), 'unknown-member')
  await client.leave()
  assert.equal(await ask('m', 1), 'unknown-member')
  assert.equal(await ask(null, -1), 'ok')
})

test('offsets of topics that are read stay, and others are forgotten', async () => {
  const { commit, streams, scope, group } = await cluster()
  const orders = [{ topic: 'orders', partition: 0 }]
  const remove = () => streams.groups.deleteOffsets(scope, 'group', orders)
  assert.deepEqual(await remove(), { ok: false, reason: 'no-such-group' })
  await commit()
  assert.deepEqual(await remove(), { ok: true, failures: [undefined] })
  assert.deepEqual(await streams.groups.committed(scope, 'group'), [])
  await group.stableGroup([{ protocols: [{ name: 'range', metadata: subscriptionBytes('orders') }] }])
  assert.deepEqual(await remove(), { ok: true, failures: ['subscribed'] })
  const returns = await streams.groups.deleteOffsets(scope, 'group', [{ topic: 'returns', partition: 0 }])
  assert.deepEqual(returns, { ok: true, failures: [undefined] })
})

test('a group whose members don’t say what they read lets no offset go', async () => {
  const { streams, scope, group } = await cluster()
  await group.stableGroup([{ protocolType: 'connect' }])
  const orders = [{ topic: 'orders', partition: 0 }]
  assert.deepEqual(await streams.groups.deleteOffsets(scope, 'group', orders), { ok: false, reason: 'not-empty' })
})

test('the lag is what is between the committed offset and the end, partition by partition', async () => {
  const { streams, scope } = await cluster()
  for (const values of [['a', 'b', 'c'], ['d']]) {
    await streams.produce(scope, { topic: 'orders', partition: 0 }, batchOf(values))
  }
  await streams.groups.commit(scope, outsider, [{ topic: 'orders', partition: 0, offset: 1 }])
  const empty = await streams.groups.lag(scope, 'group')
  assert.deepEqual([empty?.state, empty?.lag, empty?.partitions.length], ['Empty', 3, 1])
  assert.equal(await streams.groups.lag(scope, 'absent'), undefined)
})

test('the lag says which member reads a partition, by either protocol', async () => {
  const made = await cluster()
  const { streams, scope, group, clock } = made
  const joining = group.join()
  await settled()
  clock.advance(200)
  await settled()
  assert.ok(joining.outcome?.ok)
  const { memberId } = joining.outcome
  group.sync(joining.outcome, { [memberId]: assignmentBytes({ orders: [1] }).toString('latin1') })
  await settled()
  const classic = await streams.groups.lag(scope, 'group')
  assert.deepEqual(
    classic?.partitions.map(({ partition, member, lag }) => [partition, member?.memberId, lag]),
    [[1, memberId, undefined]],
  )
  const client = new ConsumerClient(made, { memberId: 'm', groupId: 'modern' })
  await client.beat()
  await streams.groups.commit(
    scope,
    { ...outsider, groupId: 'modern', memberId: 'm', generation: 1, knowsEpochs: true },
    [{ topic: 'orders', partition: 0, offset: 0 }],
  )
  const all = await streams.groups.lags(scope)
  assert.deepEqual(
    all.map(({ groupId, partitions }) => [groupId, partitions.map(({ member }) => member?.memberId)]),
    [
      ['group', [memberId]],
      ['modern', ['m', 'm']],
    ],
  )
})

test('a look at the lag takes in a limited number of partitions, and says so', async () => {
  const { streams, scope } = virtualCluster({ limits: { lagPartitions: 3 } })
  await streams.createTopic(scope, { name: 'orders', partitions: 2 })
  for (const groupId of ['a', 'b', 'c']) {
    const offsets = [0, 1].map((partition) => ({ topic: 'orders', partition, offset: 0 }))
    await streams.groups.commit(scope, { ...outsider, groupId }, offsets)
  }
  const lags = await streams.groups.lags(scope)
  assert.deepEqual(
    lags.map(({ partitions, isCut }) => [partitions.length, isCut]),
    [
      [2, false],
      [1, true],
      [0, true],
    ],
  )
})

test('a group with members can’t be deleted', async () => {
  const { streams, scope, group } = await cluster()
  await group.stableGroup([{}])
  assert.deepEqual(await streams.groups.delete(scope, 'group'), { ok: false, reason: 'not-empty' })
})

test('so many groups have offsets and no more; those that have some go on', async () => {
  const { streams, scope, other } = virtualCluster({ limits: { groups: 2 } })
  for (const each of [scope, other]) await streams.createTopic(each, { name: 'orders' })
  const commit = async (groupId: string, of = scope): Promise<OffsetFailure | undefined> => {
    const offsets = [{ topic: 'orders', partition: 0, offset: 1 }]
    return (await streams.groups.commit(of, { ...outsider, groupId }, offsets))[0]
  }
  assert.deepEqual([await commit('a'), await commit('b')], [undefined, undefined])
  assert.equal(await commit('c'), 'too-many-groups')
  assert.deepEqual([await commit('a'), await commit('c', other)], [undefined, undefined])
  await streams.groups.delete(scope, 'b')
  assert.equal(await commit('c'), undefined)
})
