import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerClient } from '../testing/consumer-client.ts'
import { GroupClients, joinRequest } from '../testing/group-client.ts'
import { settled, virtualCluster } from '../testing/virtual-cluster.ts'

const kept = 10_000
const protocols = [{ name: 'range', metadata: Buffer.alloc(3_000) }]

test('what the groups of a tenant keep of their members has a bound, whichever they are; another tenant’s don’t count', async () => {
  const cluster = virtualCluster({ limits: { groupBytes: kept } })
  const { streams, scope, other } = cluster
  const reasonOf = async (groupId: string, of = scope): Promise<string> => {
    const joining = streams.groups.join(of, joinRequest({ groupId, protocols, requiresKnownId: false }))
    const outcome = await Promise.race([joining, settled()])
    return outcome && !outcome.ok ? outcome.reason : 'ok'
  }
  for (const groupId of ['a', 'b', 'c']) assert.equal(await reasonOf(groupId), 'ok')
  assert.equal(await reasonOf('d'), 'group-full')
  const names = Array.from({ length: 100 }, (_, index) => `a-topic-with-a-long-name-${index}`)
  const consumer = new ConsumerClient(cluster, { memberId: 'm', groupId: 'e', topicNames: names })
  assert.equal(await consumer.beat(), 'group-full')
  assert.equal(await reasonOf('a', other), 'ok')
})

test('a member that has gone leaves its room to others, and one that joins again takes no more than it has', async () => {
  const cluster = virtualCluster({ limits: { groupBytes: kept } })
  const clients = new GroupClients(cluster)
  const [first] = await clients.stableGroup([{ protocols }, { protocols }, { protocols }])
  const again = clients.join({ memberId: first!.memberId, protocols })
  await settled()
  assert.equal(again.outcome, undefined)
  const full = clients.join({ groupId: 'other', protocols })
  await settled()
  assert.equal(full.outcome?.ok, false)
  cluster.streams.groups.leave(cluster.scope, 'group', [{ memberId: first!.memberId, instanceId: null }])
  cluster.clock.advance(60_000)
  await settled()
  const room = clients.join({ groupId: 'other', protocols })
  await settled()
  assert.equal(room.outcome, undefined)
})

test('assignments count as well', async () => {
  const cluster = virtualCluster({ limits: { groupBytes: kept } })
  const clients = new GroupClients(cluster)
  const joining = clients.join()
  cluster.clock.advance(1_000)
  await settled()
  assert.ok(joining.outcome?.ok)
  const assigned = clients.sync(joining.outcome, { [joining.outcome.memberId]: 'x'.repeat(kept) })
  await settled()
  assert.deepEqual(assigned.outcome, { ok: false, reason: 'too-large' })
})
