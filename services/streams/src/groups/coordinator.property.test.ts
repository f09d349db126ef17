import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinRequest, type Pending, watch } from '../testing/group-client.ts'
import { settled, virtualCluster, type VirtualCluster } from '../testing/virtual-cluster.ts'
import type { JoinedMember, JoinOutcome, SyncOutcome } from './outcomes.ts'

/** What a group's clients have in common, apart from the group. */
interface Topic {
  partitions: number
}

/** Eager: gives up everything before it joins. Cooperative (KIP-429): keeps what it has and gives up what it is told to. */
type Strategy = 'eager' | 'cooperative'

/** What members tell the leader, and what it tells them. */
interface Claim {
  readonly owned: readonly number[]
  readonly generation: number
  /** How many partitions there were. */
  readonly of: number
}

const bytes = (value: Claim): Buffer => Buffer.from(JSON.stringify(value))
const claimIn = (data: Uint8Array): Claim =>
  data.length === 0 ? { owned: [], generation: -1, of: 0 } : (JSON.parse(Buffer.from(data).toString()) as Claim)

/** A consumer as real ones are: it joins, syncs, heartbeats, and begins anew when it is told to. */
class Consumer {
  memberId = ''
  generation = -1
  isMember = false
  /** The partitions that it reads. */
  owned: readonly number[] = []
  readonly #cluster: VirtualCluster
  readonly #topic: Topic
  readonly #strategy: Strategy
  readonly #instanceId: string | null
  readonly #requiresKnownId: boolean
  #isLeader = false
  #assignedOf = 0
  #join: Pending<JoinOutcome> | undefined
  #sync: Pending<SyncOutcome> | undefined

  constructor(cluster: VirtualCluster, topic: Topic, strategy: Strategy, index: number) {
    this.#cluster = cluster
    this.#topic = topic
    this.#strategy = strategy
    this.#instanceId = index % 3 === 0 ? `static-${index}` : null
    this.#requiresKnownId = index % 2 === 0
  }

  get #claim() {
    return { groupId: 'group', memberId: this.memberId, instanceId: this.#instanceId, generation: this.generation }
  }

  /** The process is gone; a new one knows nothing of its membership. */
  crash(): void {
    Object.assign(this, { memberId: '', isMember: false, owned: [] })
    this.#join = this.#sync = undefined
  }

  leave(): void {
    const { streams, scope } = this.#cluster
    streams.groups.leave(scope, 'group', [{ memberId: this.memberId, instanceId: this.#instanceId }])
    this.crash()
  }

  /** The connection breaks: what it waits for never comes, and it asks again. */
  loseAnswer(): void {
    this.#join = this.#sync = undefined
  }

  step(): void {
    if (this.#join) this.#afterJoin(this.#join)
    else if (this.#sync) this.#afterSync(this.#sync)
    else if (!this.isMember || this.#seesMorePartitions) this.#beginJoin()
    else this.#heartbeat()
  }

  get #seesMorePartitions(): boolean {
    return this.#isLeader && this.#assignedOf !== this.#topic.partitions
  }

  #beginJoin(): void {
    const { streams, scope } = this.#cluster
    if (this.#strategy === 'eager') this.owned = []
    this.isMember = false
    const [memberId, instanceId, requiresKnownId] = [this.memberId, this.#instanceId, this.#requiresKnownId]
    const metadata = bytes({ owned: this.owned, generation: this.generation, of: 0 })
    const protocols = [{ name: this.#strategy, metadata }]
    const request = joinRequest({ memberId, instanceId, requiresKnownId, canSkipAssignment: true, protocols })
    this.#join = watch(streams.groups.join(scope, request))
  }

  #afterJoin({ outcome }: Pending<JoinOutcome>): void {
    if (!outcome) return
    this.#join = undefined
    if (!outcome.ok) {
      if (outcome.reason !== 'rebalance-in-progress') this.#beNobody('memberId' in outcome ? outcome.memberId : '')
      return
    }
    this.memberId = outcome.memberId
    this.generation = outcome.generation
    this.#isLeader = outcome.leaderId === outcome.memberId
    const { streams, scope } = this.#cluster
    const { protocolType, protocolName, skipAssignment } = outcome
    const hasToAssign = this.#isLeader && !skipAssignment
    const assignments = hasToAssign ? this.#assign(outcome.members) : new Map<string, Uint8Array>()
    this.#sync = watch(streams.groups.sync(scope, { ...this.#claim, protocolType, protocolName, assignments }))
  }

  /** As even as it can be; a partition that another member has is given to nobody until that has given it up. */
  #assign(members: readonly JoinedMember[]): Map<string, Uint8Array> {
    const [of, generation] = [this.#topic.partitions, this.generation]
    const claims = members.map(({ memberId, metadata }) => ({ memberId, ...claimIn(metadata) }))
    const owners = new Map<number, (typeof claims)[number]>()
    for (const claim of claims) {
      for (const partition of claim.owned) {
        if ((owners.get(partition)?.generation ?? -1) < claim.generation) owners.set(partition, claim)
      }
    }
    const shares = new Map(members.map(({ memberId }) => [memberId, [] as number[]]))
    for (let partition = 0; partition < of; partition++) {
      const { memberId } = members[partition % members.length]!
      const owner = owners.get(partition)
      if (!owner || owner.memberId === memberId) shares.get(memberId)!.push(partition)
    }
    return new Map([...shares].map(([memberId, owned]) => [memberId, bytes({ owned, generation, of })]))
  }

  #afterSync({ outcome }: Pending<SyncOutcome>): void {
    if (!outcome) return
    this.#sync = undefined
    this.isMember = outcome.ok
    if (!outcome.ok) {
      if (outcome.reason !== 'rebalance-in-progress') this.#beNobody('')
      return
    }
    const { owned, generation, of } = claimIn(outcome.assignment)
    this.#assignedOf = of
    if (of > 0) assert.equal(generation, this.generation, 'an assignment is of the generation that it is given in')
    const hasGivenUp = this.owned.some((partition) => !owned.includes(partition))
    this.owned = owned
    if (hasGivenUp) this.#beginJoin()
  }

  #heartbeat(): void {
    const outcome = this.#cluster.streams.groups.heartbeat(this.#cluster.scope, this.#claim)
    if (outcome.ok) return
    this.isMember = false
    if (outcome.reason !== 'rebalance-in-progress') this.#beNobody('')
  }

  #beNobody(memberId: string): void {
    this.memberId = memberId
    this.owned = []
    this.generation = -1
  }
}

interface Act {
  readonly kind: 'run' | 'crash' | 'leave' | 'stop' | 'lose' | 'grow'
  readonly index: number
  readonly advanceMs: number
}

const acts = fc.array(
  fc.record<Act>({
    kind: fc.constantFrom('run', 'run', 'run', 'crash', 'leave', 'stop', 'lose', 'grow'),
    index: fc.nat(4),
    advanceMs: fc.constantFrom(0, 50, 1_000, 4_000, 11_000),
  }),
  { maxLength: 40 },
)

for (const strategy of ['eager', 'cooperative'] as const) {
  test(`whatever its members go through, a group with ${strategy} rebalancing comes to rest with exactly those that run, each partition read once`, async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (acts) => {
        const [cluster, topic] = [virtualCluster(), { partitions: 6 }]
        const consumers = Array.from({ length: 5 }, (_, index) => new Consumer(cluster, topic, strategy, index))
        const running = new Set<Consumer>()
        const round = async (advanceMs: number): Promise<void> => {
          for (const consumer of running) {
            consumer.step()
            await settled()
            expectNoSharing(running)
          }
          cluster.clock.advance(advanceMs)
        }
        for (const { kind, index, advanceMs } of acts) {
          const consumer = consumers[index]!
          if (kind === 'run') running.add(consumer)
          else if (kind === 'crash') consumer.crash()
          else if (kind === 'lose') consumer.loseAnswer()
          else if (kind === 'grow') topic.partitions++
          else if (running.delete(consumer)) consumer[kind === 'leave' ? 'leave' : 'crash']()
          await round(advanceMs)
        }
        for (let rounds = 0; rounds < 100; rounds++) await round(1_000)
        await expectRest(cluster, topic, [...running])
      }),
      { numRuns: 60 },
    )
  })
}

/** Members of the last generation have nothing in common; what those of earlier ones still read they can't commit. */
function expectNoSharing(running: ReadonlySet<Consumer>): void {
  const members = [...running].filter(({ isMember }) => isMember)
  const last = Math.max(...members.map(({ generation }) => generation))
  const read = members.filter(({ generation }) => generation === last).flatMap(({ owned }) => owned)
  assert.equal(new Set(read).size, read.length, 'a partition is read twice')
}

async function expectRest(cluster: VirtualCluster, topic: Topic, running: readonly Consumer[]): Promise<void> {
  const group = await cluster.streams.groups.describe(cluster.scope, 'group')
  if (running.length === 0) return assert.ok(!group || group.state === 'Empty')
  assert.equal(group?.state, 'Stable')
  assert.deepEqual(group.members.map(({ memberId }) => memberId).sort(), running.map(({ memberId }) => memberId).sort())
  assert.ok(running.every(({ isMember }) => isMember))
  assert.equal(new Set(running.map(({ generation }) => generation)).size, 1)
  const read = running.flatMap(({ owned }) => owned).sort((a, b) => a - b)
  assert.deepEqual(
    read,
    Array.from({ length: topic.partitions }, (_, partition) => partition),
  )
}
