import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerClient, type ConsumerOptions } from '../../testing/consumer-client.ts'
import { joinRequest, watch } from '../../testing/group-client.ts'
import { settled, virtualCluster } from '../../testing/virtual-cluster.ts'
import type { ConsumerHeartbeat } from './consumer-heartbeat.ts'
import type { ConsumerFailure } from './consumer-outcomes.ts'

async function cluster(options: Parameters<typeof virtualCluster>[0] = {}) {
  const made = virtualCluster(options)
  const { streams, scope, clock } = made
  await streams.createTopic(scope, { name: 'orders', partitions: 4 })
  const client = (memberId: string, more: Partial<ConsumerOptions> = {}) =>
    new ConsumerClient(made, { memberId, ...more })
  const describe = () => streams.groups.describeConsumerGroup(scope, 'group')
  /** Heartbeats of all in turn, until nothing changes any more. */
  const calm = async (...clients: readonly ConsumerClient[]): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      for (const each of clients) await each.beat()
      clock.advance(1_000)
    }
  }
  const reasonOf = async (from: ConsumerClient, fields: Partial<ConsumerHeartbeat>): Promise<string> => {
    const outcome = await from.send(fields)
    return outcome.ok ? 'ok' : outcome.reason
  }
  return { ...made, client, describe, calm, reasonOf }
}

const assignmentOf = ({ last }: ConsumerClient) => (last?.ok ? last.assignment : undefined)
const joining = { memberEpoch: 0, rebalanceTimeoutMs: 30_000, topicNames: ['orders'], owned: [] }

test('a member that joins is given everything at once, and an epoch', async () => {
  const { client, describe } = await cluster()
  const only = client('only')
  assert.equal(await only.beat(), 'ok')
  assert.equal(only.owned.size, 4)
  assert.equal(only.epoch, 1)
  const group = await describe()
  assert.deepEqual([group?.state, group?.epoch, group?.assignmentEpoch, group?.assignor], ['Stable', 1, 1, 'uniform'])
  assert.deepEqual(group?.members[0]?.assignment[0]?.partitions, [0, 1, 2, 3])
  assert.equal(group?.members[0]?.assignment[0]?.topicName, 'orders')
})

test('a newcomer waits for what the others have to give up, and gets it when they have', async () => {
  const { client, describe } = await cluster()
  const [first, second] = [client('first'), client('second')]
  await first.beat()
  await second.beat()
  assert.equal(second.owned.size, 0)
  assert.equal(second.epoch, 2, 'it is at the new epoch all the same')
  await first.beat({ isSlow: true })
  assert.equal(first.told?.size, 2)
  assert.equal(first.epoch, 1, 'it stays at its epoch until it has given up')
  await second.beat()
  assert.equal(second.owned.size, 0)
  assert.equal((await describe())?.state, 'Reconciling')
  first.takeUp()
  await first.beat()
  assert.equal(first.epoch, 2)
  await second.beat()
  assert.equal(second.owned.size, 2)
  assert.equal((await describe())?.state, 'Stable')
})

test('an assignment is told once, and again to a member that doesn’t know whether it was told', async () => {
  const { client } = await cluster()
  const only = client('only')
  await only.beat()
  await only.beat()
  assert.equal(assignmentOf(only), null)
  await only.beat({ isLost: true })
  await only.beat()
  assert.equal(assignmentOf(only)?.length, 1)
})

test('a member whose answer was lost goes on from the epoch before, but only with what it was given', async () => {
  const { client, reasonOf, scope } = await cluster()
  const [first, second] = [client('first'), client('second')]
  await first.beat()
  await second.beat()
  await first.beat()
  await first.beat({ isLost: true })
  assert.equal(first.epoch, 1)
  const { id: topicId } = (await scope.log.topic('orders'))!
  assert.equal(await reasonOf(first, { owned: [{ topicId, partitions: [0, 1, 2, 3] }] }), 'fenced-epoch')
  assert.equal(await reasonOf(first, {}), 'fenced-epoch', 'who doesn’t say what it has is not believed')
  assert.equal(await first.beat(), 'ok')
  assert.equal(first.epoch, 2)
})

test('a member that is silent for its session timeout is out, and the others take over', async () => {
  const { client, calm, clock } = await cluster()
  const [first, second] = [client('first'), client('second')]
  await calm(first, second)
  clock.advance(40_000)
  await first.beat()
  clock.advance(10_000)
  await first.beat()
  await first.beat()
  assert.equal(first.owned.size, 4)
  assert.equal(await second.beat(), 'unknown-member')
})

test('a member that doesn’t give up in its rebalance timeout is out', async () => {
  const { client, clock } = await cluster()
  const [stubborn, second] = [client('stubborn', { rebalanceTimeoutMs: 20_000 }), client('second')]
  await stubborn.beat()
  await second.beat()
  for (let beat = 0; beat < 4; beat++) {
    await stubborn.beat({ isSlow: true })
    await second.beat()
    clock.advance(5_000)
  }
  assert.equal(await stubborn.beat({ isSlow: true }), 'unknown-member')
  await second.beat()
  assert.equal(second.owned.size, 4)
})

test('a member that leaves is out at once', async () => {
  const { client, calm, streams } = await cluster()
  const [first, second] = [client('first'), client('second')]
  await calm(first, second)
  assert.equal(await first.leave(), 'ok')
  await second.beat()
  assert.equal(second.owned.size, 4)
  assert.equal(await second.leave(), 'ok')
  assert.equal(streams.groups.liveGroups, 0)
})

test('a group counts its epochs on when it is peopled again', async () => {
  const { client, describe } = await cluster()
  const first = client('first')
  await first.beat()
  await first.leave()
  const empty = await describe()
  assert.deepEqual([empty?.state, empty?.epoch], ['Empty', 2])
  const second = client('second')
  await second.beat()
  assert.equal(second.epoch, 3)
})

test('after a restart members are told to join again, and do', async () => {
  const made = await cluster()
  const members = [made.client('first'), made.client('second')]
  await made.calm(...members)
  made.streams.groups.forgetAll()
  const restarted = { ...made, streams: made.restart() }
  const again = members.map(({ memberId, epoch }) => {
    const client = new ConsumerClient(restarted, { memberId })
    client.epoch = epoch
    return client
  })
  assert.deepEqual([await again[0]!.beat(), await again[1]!.beat()], ['unknown-member', 'unknown-member'])
  await made.calm(...again)
  assert.deepEqual(
    again.map(({ owned }) => owned.size),
    [2, 2],
  )
})

test('a static member that steps out finds its partitions again, under another id', async () => {
  const { client, calm, describe } = await cluster()
  const [one, two] = [client('m1', { instanceId: 'one' }), client('m2', { instanceId: 'two' })]
  await calm(one, two)
  const had = one.owned
  const { epoch } = (await describe())!
  assert.equal(await one.leave(-2), 'ok')
  await two.beat()
  assert.equal(two.owned.size, 2)
  const back = client('m3', { instanceId: 'one' })
  await back.beat()
  assert.deepEqual([...back.owned].sort(), [...had].sort())
  assert.equal((await describe())!.epoch, epoch, 'nobody rebalances')
  assert.equal((await describe())!.members.length, 2)
})

test('a static member that stays away is out with its session', async () => {
  const { client, calm, clock } = await cluster()
  const [one, two] = [client('m1', { instanceId: 'one' }), client('m2', { instanceId: 'two' })]
  await calm(one, two)
  await one.leave(-2)
  clock.advance(40_000)
  await two.beat()
  clock.advance(10_000)
  await two.beat()
  assert.equal(two.owned.size, 4)
})

test('an instance id is not taken from a member that hasn’t left, and the one that lost it is fenced', async () => {
  const { client, reasonOf } = await cluster()
  const [one, thief] = [client('m1', { instanceId: 'one' }), client('m2', { instanceId: 'one' })]
  await one.beat()
  assert.equal(await thief.beat(), 'unreleased-instance')
  assert.equal(await reasonOf(thief, { memberEpoch: 1 }), 'fenced-instance')
  await one.leave(-2)
  assert.equal(await thief.beat(), 'ok')
  assert.equal(await reasonOf(one, { memberEpoch: 1 }), 'fenced-instance')
})

test('a member that joins again under its id keeps its place', async () => {
  const { client, describe } = await cluster()
  const only = client('only')
  await only.beat()
  const again = client('only')
  assert.equal(await again.beat(), 'ok')
  assert.equal(again.epoch, 1)
  assert.equal(again.owned.size, 4)
  assert.equal((await describe())!.members.length, 1)
})

test('a subscription that changes is a new epoch, and one that is only said again is not', async () => {
  const { client, streams, scope, reasonOf } = await cluster()
  await streams.createTopic(scope, { name: 'returns', partitions: 1 })
  const only = client('only')
  await only.beat()
  const { id: topicId } = (await scope.log.topic('orders'))!
  const owned = [{ topicId, partitions: [0, 1, 2, 3] }]
  assert.ok((await only.send({ topicNames: ['orders'] })).ok)
  const same = await only.send({ memberEpoch: 1, topicNames: ['orders'], owned })
  assert.ok(same.ok && same.memberEpoch === 1)
  const other = await only.send({ memberEpoch: 1, topicNames: ['orders', 'returns'], owned })
  assert.ok(other.ok)
  assert.equal(other.memberEpoch, 2)
  assert.equal(other.assignment?.length, 2)
  assert.equal(await reasonOf(only, { memberEpoch: 9 }), 'fenced-epoch')
})

test('topics that are made, grow or go are taken up with a heartbeat', async () => {
  const { client, streams, scope, calm } = await cluster()
  const only = client('only', { topicNames: ['orders', 'later'] })
  await calm(only)
  assert.equal(only.owned.size, 4)
  await streams.createTopic(scope, { name: 'later', partitions: 2 })
  await calm(only)
  assert.equal(only.owned.size, 6)
  await scope.log.addPartitions('later', 5)
  await calm(only)
  assert.equal(only.owned.size, 9)
  await streams.deleteTopic(scope, 'orders')
  await calm(only)
  assert.equal(only.owned.size, 5)
})

test('a pattern finds topics, those made later too, and none that its member may not see', async () => {
  const { client, streams, scope, calm } = await cluster()
  await streams.createTopic(scope, { name: 'orders-secret', partitions: 1 })
  const mayDescribe = (topic: string): boolean => !topic.includes('secret')
  const only = client('only', { topicNames: null, pattern: 'orders.*', mayDescribe })
  await calm(only)
  assert.equal(only.owned.size, 4)
  await streams.createTopic(scope, { name: 'orders-2', partitions: 2 })
  await streams.createTopic(scope, { name: 'no-orders', partitions: 2 })
  await calm(only)
  assert.equal(only.owned.size, 6)
})

test('a pattern that is costly over all the topics there are is refused, and looks at fewer when they come later', async () => {
  const { client, streams, scope } = await cluster()
  const costly = { topicNames: null, pattern: '(?:a?){990}' }
  const late = client('late', costly)
  assert.equal(await late.beat(), 'ok')
  for (let index = 0; index < 200; index++) {
    await streams.createTopic(scope, { name: `${'a'.repeat(240)}${index}`, partitions: 1 })
    await streams.createTopic(scope, { name: 'a'.repeat(index + 1), partitions: 1 })
  }
  assert.equal(await client('early', { ...costly, pattern: '(?:a?){989}' }).beat(), 'invalid-pattern')
  assert.equal(await client('cheap', { topicNames: null, pattern: 'a+' }).beat(), 'ok')
  await late.beat()
  const group = await streams.groups.describeConsumerGroup(scope, 'group')
  const found = group!.members.find(({ memberId }) => memberId === 'late')!.target
  assert.ok(found.length < 200, `${found.length} topics were found`)
})

const refusals: readonly [what: string, fields: Partial<ConsumerHeartbeat>, reason: ConsumerFailure][] = [
  ['no member id', { ...joining, memberId: '' }, 'invalid-request'],
  ['an empty instance id', { ...joining, instanceId: '' }, 'invalid-request'],
  ['an empty rack id', { ...joining, rackId: '' }, 'invalid-request'],
  ['no rebalance timeout', { ...joining, rebalanceTimeoutMs: -1 }, 'invalid-request'],
  [
    'partitions that it owns as it joins',
    { ...joining, owned: [{ topicId: 'x', partitions: [0] }] },
    'invalid-request',
  ],
  ['owned partitions left unsaid as it joins', { ...joining, owned: null }, 'invalid-request'],
  ['no subscription', { ...joining, topicNames: null }, 'invalid-request'],
  ['a subscription too large', { ...joining, topicNames: ['x'.repeat(2_000_000)] }, 'invalid-request'],
  ['an epoch that there is not', { memberEpoch: -3 }, 'invalid-request'],
  ['a dynamic member that would step out', { memberEpoch: -2 }, 'invalid-request'],
  ['an unknown assignor', { ...joining, assignor: 'magic' }, 'unsupported-assignor'],
  ['a pattern that isn’t one', { ...joining, pattern: '(' }, 'invalid-pattern'],
  ['a pattern of RE2 that isn’t', { ...joining, pattern: '(?=a)' }, 'invalid-pattern'],
  ['a pattern too long', { ...joining, pattern: 'a'.repeat(2_000) }, 'invalid-pattern'],
  ['a pattern too complex', { ...joining, pattern: 'x{0,900}'.repeat(20) }, 'invalid-pattern'],
  ['a member that nobody knows', { memberEpoch: 1 }, 'unknown-member'],
  ['a member that nobody knows and leaves', { memberEpoch: -1 }, 'unknown-member'],
]

for (const [what, fields, reason] of refusals) {
  test(`a heartbeat is refused for ${what}, and leaves no group behind`, async () => {
    const { client, reasonOf, streams } = await cluster()
    assert.equal(await reasonOf(client('odd'), fields), reason)
    assert.equal(streams.groups.liveGroups, 0)
  })
}

test('a group id is not empty', async () => {
  const { client } = await cluster()
  assert.equal(await client('odd', { groupId: '' }).beat(), 'invalid-group-id')
})

test('a member whose client leaves it to us is given an id', async () => {
  const { client } = await cluster()
  const outcome = await client('').send({ ...joining, bringsId: false })
  assert.ok(outcome.ok)
  assert.match(outcome.memberId, /^[\w-]{22}$/)
})

test('members of a group, groups of a tenant and patterns of a group are limited', async () => {
  const { client } = await cluster({ limits: { membersPerGroup: 1, groups: 1 } })
  await client('first').beat()
  assert.equal(await client('second').beat(), 'group-full')
  assert.equal(await client('elsewhere', { groupId: 'elsewhere' }).beat(), 'too-many-groups')
  const many = await cluster()
  for (let index = 0; index < 100; index++) {
    assert.equal(await many.client(`m${index}`, { topicNames: null, pattern: `orders${index}` }).beat(), 'ok')
  }
  assert.equal(await many.client('last', { topicNames: null, pattern: 'one-more' }).beat(), 'invalid-pattern')
})

test('a group is of one protocol while it has members', async () => {
  const { client, streams, scope, clock } = await cluster()
  const modern = client('modern')
  await modern.beat()
  const classic = watch(streams.groups.join(scope, joinRequest()))
  await settled()
  assert.deepEqual(classic.outcome, { ok: false, reason: 'inconsistent-protocol' })
  assert.equal(await streams.groups.describe(scope, 'group'), undefined)
  await modern.leave()
  const alone = watch(streams.groups.join(scope, joinRequest()))
  await settled()
  clock.advance(200)
  await settled()
  assert.ok(alone.outcome?.ok)
  assert.equal(await client('modern').beat(), 'not-a-consumer-group')
  assert.equal((await streams.groups.describe(scope, 'group'))?.state, 'CompletingRebalance')
})

test('groups are listed with their protocol, those without members by what they were', async () => {
  const { client, streams, scope } = await cluster()
  await client('m').beat()
  const gone = client('m', { groupId: 'gone' })
  await gone.beat()
  await gone.leave()
  const listed = await streams.groups.list(scope)
  assert.deepEqual(
    listed.map(({ groupId, type, state, protocolType }) => [groupId, type, state, protocolType]),
    [
      ['gone', 'consumer', 'Empty', 'consumer'],
      ['group', 'consumer', 'Stable', 'consumer'],
    ],
  )
  assert.deepEqual(await streams.groups.delete(scope, 'group'), { ok: false, reason: 'not-empty' })
  assert.deepEqual(await streams.groups.delete(scope, 'gone'), { ok: true })
  assert.equal(await streams.groups.describeConsumerGroup(scope, 'gone'), undefined)
})

test('an administrator takes members out by their names', async () => {
  const { client, streams, scope, calm } = await cluster()
  const [one, two] = [client('m1', { instanceId: 'one' }), client('m2')]
  await calm(one, two)
  const leavers = [
    { memberId: '', instanceId: 'one' },
    { memberId: 'm2', instanceId: null },
    { memberId: 'm3', instanceId: null },
  ]
  assert.deepEqual(streams.groups.leave(scope, 'group', leavers), [undefined, undefined, 'unknown-member'])
  assert.equal(streams.groups.liveGroups, 0)
})

test('a session timeout that is set for the group holds from the next heartbeat on', async () => {
  const { client, streams, scope, clock } = await cluster()
  const change = { replace: { 'consumer.session.timeout.ms': '50000' } }
  const patient = client('patient')
  await patient.beat()
  assert.ok((await streams.groupSettings.change(scope, { groupId: 'group', change })).ok)
  await patient.beat()
  clock.advance(46_000)
  assert.equal(await patient.beat(), 'ok')
})
