import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupClients, type Joined } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'

const clients = () => {
  const cluster = virtualCluster()
  return { ...cluster, group: new GroupClients(cluster) }
}
const [one, two] = [{ instanceId: 'one' }, { instanceId: 'two' }]

test('a static member that comes back keeps its assignment, and nobody rebalances', async () => {
  const { group } = clients()
  const [leader, follower] = await group.stableGroup([one, two])
  const back = group.join(two)
  await settled()
  const joined = back.outcome as Joined
  assert.equal(joined.generation, 1)
  assert.notEqual(joined.memberId, follower!.memberId)
  const synced = group.sync(joined)
  await settled()
  assert.ok(synced.outcome?.ok)
  assert.equal(Buffer.from(synced.outcome.assignment).toString(), follower!.memberId)
  assert.equal(group.heartbeat(leader!, 'one'), 'ok')
})

test('the process that it replaces is fenced', async () => {
  const { group } = clients()
  const [, follower] = await group.stableGroup([one, two])
  group.join(two)
  await settled()
  assert.equal(group.heartbeat(follower!, 'two'), 'fenced-instance')
  const fenced = group.join({ ...two, memberId: follower!.memberId })
  await settled()
  assert.deepEqual(fenced.outcome, { ok: false, reason: 'fenced-instance' })
})

test('a static leader that comes back has nothing to assign', async () => {
  const { group } = clients()
  const [leader] = await group.stableGroup([one, two])
  const old = group.join(one)
  await settled()
  const asFollower = old.outcome as Joined
  assert.equal(asFollower.leaderId, leader!.memberId)
  assert.deepEqual(asFollower.members, [])
  const recent = group.join({ ...one, canSkipAssignment: true })
  await settled()
  const told = recent.outcome as Joined
  assert.equal(told.skipAssignment, true)
  assert.equal(told.leaderId, told.memberId)
  assert.equal(told.members.length, 2)
})

test('a static member that comes back with another subscription makes the group gather', async () => {
  const { group } = clients()
  await group.stableGroup([one, two])
  group.join({ ...two, protocols: [{ name: 'range', metadata: Buffer.from('other') }] })
  await settled()
  assert.equal(await group.state(), 'PreparingRebalance')
})

test('a static member that is late for a rebalance keeps its place until its session ends', async () => {
  const { group, clock } = clients()
  const [leader, follower] = await group.stableGroup([
    { ...one, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 },
    { ...two, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 },
  ])
  const again = group.join({ ...one, memberId: leader!.memberId, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 })
  await settled()
  clock.advance(10_000)
  await settled()
  const joined = again.outcome as Joined
  assert.ok(joined.members.some(({ memberId }) => memberId === follower!.memberId))
})

test('a static member can be made to leave by its name alone', async () => {
  const { group, streams, scope } = clients()
  const [, follower] = await group.stableGroup([one, two])
  const leavers = [
    { memberId: '', instanceId: 'two' },
    { memberId: '', instanceId: 'three' },
    { memberId: 'other', instanceId: 'one' },
  ]
  const failures = streams.groups.leave(scope, 'group', leavers)
  assert.deepEqual(failures, [undefined, 'unknown-member', 'fenced-instance'])
  assert.equal(group.heartbeat(follower!), 'unknown-member')
})
