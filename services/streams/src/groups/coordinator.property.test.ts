import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinRequest, type Pending, watch } from '../testing/group-client.ts'
import { settled, virtualCluster, type VirtualCluster } from '../testing/virtual-cluster.ts'
import type { JoinOutcome, SyncOutcome } from './outcomes.ts'

/** A consumer as real ones are: it joins, syncs, heartbeats, and begins anew when it is told to. */
class Consumer {
  memberId = ''
  generation = -1
  isMember = false
  readonly #cluster: VirtualCluster
  readonly #instanceId: string | null
  readonly #requiresKnownId: boolean
  #join: Pending<JoinOutcome> | undefined
  #sync: Pending<SyncOutcome> | undefined

  constructor(cluster: VirtualCluster, index: number) {
    this.#cluster = cluster
    this.#instanceId = index % 3 === 0 ? `static-${index}` : null
    this.#requiresKnownId = index % 2 === 0
  }

  get #claim() {
    return { groupId: 'group', memberId: this.memberId, instanceId: this.#instanceId, generation: this.generation }
  }

  /** The process is gone; a new one knows nothing of its membership. */
  crash(): void {
    Object.assign(this, { memberId: '', isMember: false })
    this.#join = this.#sync = undefined
  }

  leave(): void {
    const { streams, scope } = this.#cluster
    streams.groups.leave(scope, 'group', [{ memberId: this.memberId, instanceId: this.#instanceId }])
    this.crash()
  }

  step(): void {
    if (this.#join) this.#afterJoin(this.#join)
    else if (this.#sync) this.#afterSync(this.#sync)
    else if (this.isMember) this.#heartbeat()
    else this.#beginJoin()
  }

  #beginJoin(): void {
    const { streams, scope } = this.#cluster
    const [memberId, instanceId, requiresKnownId] = [this.memberId, this.#instanceId, this.#requiresKnownId]
    const request = joinRequest({ memberId, instanceId, requiresKnownId, canSkipAssignment: true })
    this.#join = watch(streams.groups.join(scope, request))
  }

  #afterJoin({ outcome }: Pending<JoinOutcome>): void {
    if (!outcome) return
    this.#join = undefined
    if (!outcome.ok) {
      this.memberId = 'memberId' in outcome ? outcome.memberId : ''
      return
    }
    this.memberId = outcome.memberId
    this.generation = outcome.generation
    const { streams, scope } = this.#cluster
    const assignments = outcome.members.map((each) => [each.memberId, Buffer.from(`${outcome.generation}`)] as const)
    const { protocolType, protocolName } = outcome
    const request = { ...this.#claim, protocolType, protocolName, assignments: new Map(assignments) }
    this.#sync = watch(streams.groups.sync(scope, request))
  }

  #afterSync({ outcome }: Pending<SyncOutcome>): void {
    if (!outcome) return
    this.#sync = undefined
    this.isMember = outcome.ok
    if (outcome.ok) {
      const assigned = Buffer.from(outcome.assignment).toString()
      assert.equal(assigned, `${this.generation}`, 'an assignment is of the generation that it is given in')
    } else if (outcome.reason !== 'rebalance-in-progress') this.memberId = ''
  }

  #heartbeat(): void {
    const outcome = this.#cluster.streams.groups.heartbeat(this.#cluster.scope, this.#claim)
    if (outcome.ok) return
    this.isMember = false
    if (outcome.reason !== 'rebalance-in-progress') this.memberId = ''
  }
}

type Act = { readonly kind: 'run' | 'crash' | 'leave' | 'stop'; readonly index: number; readonly advanceMs: number }

const acts = fc.array(
  fc.record<Act>({
    kind: fc.constantFrom('run', 'run', 'run', 'crash', 'leave', 'stop'),
    index: fc.nat(4),
    advanceMs: fc.constantFrom(0, 50, 1_000, 4_000, 11_000),
  }),
  { maxLength: 40 },
)

test('whatever its members go through, a group comes to rest with exactly those that run, in one generation', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (acts) => {
      const cluster = virtualCluster()
      const consumers = Array.from({ length: 5 }, (_, index) => new Consumer(cluster, index))
      const running = new Set<Consumer>()
      const round = async (advanceMs: number): Promise<void> => {
        for (const consumer of running) consumer.step()
        await settled()
        cluster.clock.advance(advanceMs)
      }
      for (const { kind, index, advanceMs } of acts) {
        const consumer = consumers[index]!
        if (kind === 'run') running.add(consumer)
        else if (kind === 'crash') consumer.crash()
        else if (running.delete(consumer)) consumer[kind === 'leave' ? 'leave' : 'crash']()
        await round(advanceMs)
      }
      for (let rounds = 0; rounds < 80; rounds++) await round(1_000)
      await expectRest(cluster, [...running])
    }),
    { numRuns: 60 },
  )
})

async function expectRest(cluster: VirtualCluster, running: readonly Consumer[]): Promise<void> {
  const group = await cluster.streams.groups.describe(cluster.scope, 'group')
  if (running.length === 0) return assert.equal(group, undefined)
  assert.equal(group?.state, 'Stable')
  assert.deepEqual(group.members.map(({ memberId }) => memberId).sort(), running.map(({ memberId }) => memberId).sort())
  assert.ok(running.every(({ isMember }) => isMember))
  assert.equal(new Set(running.map(({ generation }) => generation)).size, 1)
}
