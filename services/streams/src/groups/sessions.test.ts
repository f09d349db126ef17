import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupClients, type Joined } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'

const clients = () => {
  const cluster = virtualCluster()
  return { ...cluster, group: new GroupClients(cluster) }
}

test('a member that heartbeats stays, however long', async () => {
  const { group, clock } = clients()
  const [member] = await group.stableGroup([{}])
  for (let beat = 0; beat < 20; beat++) {
    clock.advance(9_000)
    assert.equal(group.heartbeat(member!), 'ok')
  }
})

test('a member that is silent for its session timeout is out, and the others gather', async () => {
  const { group, clock } = clients()
  const [leader, silent] = await group.stableGroup([{}, {}])
  clock.advance(6_000)
  assert.equal(group.heartbeat(leader!), 'ok')
  clock.advance(6_000)
  assert.equal(group.heartbeat(leader!), 'rebalance-in-progress')
  assert.equal(group.heartbeat(silent!), 'unknown-member')
  const again = group.join({ memberId: leader!.memberId })
  await settled()
  assert.equal((again.outcome as Joined).members.length, 1)
})

test('the group of a last member that falls silent is gone', async () => {
  const { group, clock, streams } = clients()
  await group.stableGroup([{}])
  clock.advance(10_000)
  assert.equal(streams.groups.liveGroups, 0)
})

test('a member that waits for the others is not silent', async () => {
  const { group, clock } = clients()
  const [leader] = await group.stableGroup([{ sessionTimeoutMs: 60_000 }])
  const newcomer = group.join({ sessionTimeoutMs: 6_000 })
  await settled()
  clock.advance(20_000)
  assert.equal(group.heartbeat(leader!), 'rebalance-in-progress')
  group.join({ memberId: leader!.memberId, sessionTimeoutMs: 60_000 })
  await settled()
  assert.equal((newcomer.outcome as Joined).generation, 2)
})

test('a member that never asks for its assignment is out with the rebalance timeout', async () => {
  const { group, clock } = clients()
  const joins = [group.join(), group.join()]
  await settled()
  clock.advance(200)
  await settled()
  const [leader, mute] = joins.map(({ outcome }) => outcome as Joined) as [Joined, Joined]
  group.sync(leader, {})
  for (let beat = 0; beat < 6; beat++) {
    clock.advance(5_000)
    group.heartbeat(mute)
    group.heartbeat(leader)
  }
  assert.equal(group.heartbeat(mute), 'unknown-member')
  assert.equal(group.heartbeat(leader), 'rebalance-in-progress')
})

test('a leader that dies before it assigns is replaced', async () => {
  const { group, clock } = clients()
  const joins = [group.join(), group.join({ sessionTimeoutMs: 60_000 })]
  await settled()
  clock.advance(200)
  await settled()
  const follower = joins[1]!.outcome as Joined
  const waiting = group.sync(follower)
  clock.advance(10_000)
  await settled()
  assert.deepEqual(waiting.outcome, { ok: false, reason: 'rebalance-in-progress' })
  const again = group.join({ memberId: follower.memberId })
  await settled()
  assert.equal((again.outcome as Joined).leaderId, follower.memberId)
})

test('a member that leaves makes the others gather at once', async () => {
  const { group, streams, scope } = clients()
  const [leader, leaver] = await group.stableGroup([{}, {}])
  assert.deepEqual(streams.groups.leave(scope, 'group', [{ memberId: leaver!.memberId, instanceId: null }]), [
    undefined,
  ])
  assert.equal(group.heartbeat(leader!), 'rebalance-in-progress')
})

test('a shorter session timeout takes effect with the join that asks for it', async () => {
  const { group, clock } = clients()
  const [leader, follower] = await group.stableGroup([{ sessionTimeoutMs: 60_000 }, { sessionTimeoutMs: 60_000 }])
  group.join({ memberId: follower!.memberId, sessionTimeoutMs: 6_000 })
  await settled()
  clock.advance(6_000)
  assert.equal(group.heartbeat(leader!), 'rebalance-in-progress')
  assert.equal(group.heartbeat(follower!), 'unknown-member')
})
