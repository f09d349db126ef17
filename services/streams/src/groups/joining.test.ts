import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupClients, type Joined } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'
import type { GroupJoin } from './group-coordinator.ts'

const clients = (limits: Parameters<typeof virtualCluster>[0] = {}) => {
  const cluster = virtualCluster(limits)
  return { ...cluster, group: new GroupClients(cluster) }
}
const protocols = (...names: readonly string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }))

test('the first member waits for others, then leads a generation with a roster', async () => {
  const { group, clock, streams } = clients()
  const first = group.join()
  await settled()
  assert.equal(first.isDone, false)
  const second = group.join()
  clock.advance(streams.limits.initialRebalanceDelayMs)
  await settled()
  assert.equal(second.isDone, false, 'others may follow the second')
  clock.advance(streams.limits.initialRebalanceDelayMs)
  await settled()
  const [leader, follower] = [first.outcome as Joined, second.outcome as Joined]
  assert.equal(leader.generation, 1)
  assert.equal(follower.generation, 1)
  assert.equal(leader.leaderId, leader.memberId)
  assert.equal(follower.leaderId, leader.memberId)
  assert.deepEqual(
    leader.members.map(({ memberId }) => memberId),
    [leader.memberId, follower.memberId],
  )
  assert.deepEqual(follower.members, [])
})

test('followers get what the leader assigns, those that ask before it included', async () => {
  const { group, clock } = clients()
  const joins = [group.join(), group.join()]
  await settled()
  clock.advance(200)
  await settled()
  const [leader, follower] = joins.map(({ outcome }) => outcome as Joined) as [Joined, Joined]
  const early = group.sync(follower)
  await settled()
  assert.equal(early.isDone, false)
  const own = group.sync(leader, { [leader.memberId]: 'p0', [follower.memberId]: 'p1' })
  await settled()
  assert.ok(own.outcome?.ok && early.outcome?.ok)
  assert.equal(Buffer.from(own.outcome.assignment).toString(), 'p0')
  assert.equal(Buffer.from(early.outcome.assignment).toString(), 'p1')
  const again = group.sync(follower)
  await settled()
  assert.ok(again.outcome?.ok)
  assert.equal(await group.state(), 'Stable')
})

test('a newcomer makes the others join again, and the generation counts on', async () => {
  const { group } = clients()
  const [leader] = await group.stableGroup([{}])
  const newcomer = group.join()
  await settled()
  assert.equal(newcomer.isDone, false)
  assert.equal(group.heartbeat(leader!), 'rebalance-in-progress')
  const again = group.join({ memberId: leader!.memberId })
  await settled()
  assert.equal((again.outcome as Joined).generation, 2)
  assert.equal((newcomer.outcome as Joined).generation, 2)
  assert.equal(group.heartbeat(leader!), 'illegal-generation')
})

test('a member that doesn’t join again within the rebalance timeout is out', async () => {
  const { group, clock } = clients()
  const [leader] = await group.stableGroup([{ sessionTimeoutMs: 60_000 }])
  const newcomer = group.join({ sessionTimeoutMs: 60_000 })
  await settled()
  clock.advance(30_000)
  await settled()
  assert.deepEqual((newcomer.outcome as Joined).members.length, 1)
  assert.equal(group.heartbeat(leader!), 'unknown-member')
})

test('a dynamic member is told its id first when its client can take that', async () => {
  const { group, clock } = clients()
  const told = group.join({ requiresKnownId: true })
  await settled()
  assert.ok(told.outcome && !told.outcome.ok && told.outcome.reason === 'member-id-required')
  const joining = group.join({ requiresKnownId: true, memberId: told.outcome.memberId })
  await settled()
  clock.advance(200)
  await settled()
  assert.equal((joining.outcome as Joined).memberId, told.outcome.memberId)
})

test('an id that was promised and not used is forgotten with its session timeout', async () => {
  const { group, clock, streams } = clients()
  const told = group.join({ requiresKnownId: true })
  await settled()
  assert.ok(told.outcome && !told.outcome.ok && told.outcome.reason === 'member-id-required')
  clock.advance(10_000)
  assert.equal(streams.groups.liveGroups, 0)
  const late = group.join({ memberId: told.outcome.memberId })
  await settled()
  assert.deepEqual(late.outcome, { ok: false, reason: 'unknown-member' })
})

test('the protocol is the one that most members prefer among those that all support', async () => {
  const { group } = clients()
  const [leader] = await group.stableGroup([
    { protocols: protocols('sticky', 'range') },
    { protocols: protocols('range', 'sticky') },
    { protocols: protocols('only-mine', 'range', 'sticky') },
  ])
  assert.equal(leader!.protocolName, 'range')
})

const refusals: readonly [what: string, fields: Partial<GroupJoin>, reason: string][] = [
  ['an empty group id', { groupId: '' }, 'invalid-group-id'],
  ['a group id that is too long', { groupId: 'g'.repeat(600) }, 'invalid-group-id'],
  ['a short session', { sessionTimeoutMs: 10 }, 'invalid-session-timeout'],
  ['a long session', { sessionTimeoutMs: 3_600_000 }, 'invalid-session-timeout'],
  ['no protocols', { protocols: [] }, 'inconsistent-protocol'],
  ['no protocol type', { protocolType: '' }, 'inconsistent-protocol'],
  ['another protocol type', { protocolType: 'connect' }, 'inconsistent-protocol'],
  ['no protocol in common', { protocols: protocols('exotic') }, 'inconsistent-protocol'],
  ['an id that nobody has', { memberId: 'nobody' }, 'unknown-member'],
  ['a static id that nobody has', { memberId: 'nobody', instanceId: 'i' }, 'unknown-member'],
  [
    'many nameless protocols',
    { protocols: Array.from({ length: 65 }, () => ({ name: '', metadata: Buffer.alloc(0) })) },
    'too-large',
  ],
  ['huge metadata', { protocols: [{ name: 'range', metadata: Buffer.alloc(2_000_000) }] }, 'too-large'],
]

for (const [what, fields, reason] of refusals) {
  test(`joining is refused for ${what}`, async () => {
    const { group } = clients()
    await group.stableGroup([{}])
    const joining = group.join(fields)
    await settled()
    assert.deepEqual(joining.outcome, { ok: false, reason })
    assert.equal(await group.state(), 'Stable')
  })
}

test('members of a group and groups of a tenant are limited', async () => {
  const { group } = clients({ limits: { membersPerGroup: 1, groups: 1 } })
  await group.stableGroup([{}])
  const [second, elsewhere] = [group.join(), group.join({ groupId: 'elsewhere' })]
  await settled()
  assert.deepEqual(second.outcome, { ok: false, reason: 'group-full' })
  assert.deepEqual(elsewhere.outcome, { ok: false, reason: 'too-many-groups' })
})

test('a refused join leaves no group behind', async () => {
  const { group, streams } = clients()
  group.join({ protocols: [] })
  group.join({ groupId: 'elsewhere', protocolType: '' })
  await settled()
  assert.equal(streams.groups.liveGroups, 0)
})

test('a follower that asks again gets the generation that goes on, and a leader that does gets a new one', async () => {
  const { group } = clients()
  const [leader, follower] = await group.stableGroup([{}, {}])
  const asked = group.join({ memberId: follower!.memberId })
  await settled()
  assert.equal((asked.outcome as Joined).generation, 1)
  group.join({ memberId: leader!.memberId })
  await settled()
  assert.equal(await group.state(), 'PreparingRebalance')
})

test('a member whose subscription changes makes the group gather', async () => {
  const { group } = clients()
  const [, follower] = await group.stableGroup([{}, {}])
  group.join({ memberId: follower!.memberId, protocols: [{ name: 'range', metadata: Buffer.from('other') }] })
  await settled()
  assert.equal(await group.state(), 'PreparingRebalance')
})

test('tenants’ groups of one name are apart', async () => {
  const cluster = virtualCluster()
  const { streams, other } = cluster
  await new GroupClients(cluster).stableGroup([{}])
  assert.equal(await streams.groups.describe(other, 'group'), undefined)
  assert.deepEqual(await streams.groups.list(other), [])
})

test('forgetting a tenant ends what its members wait for', async () => {
  const { group, streams, scope } = clients()
  const joining = group.join()
  await settled()
  streams.forget(scope.tenantId)
  await settled()
  assert.deepEqual(joining.outcome, { ok: false, reason: 'unknown-member' })
  assert.equal(streams.groups.liveGroups, 0)
})
