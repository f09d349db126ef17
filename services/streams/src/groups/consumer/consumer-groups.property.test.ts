import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConsumerClient } from '../../testing/consumer-client.ts'
import { virtualCluster, type VirtualCluster } from '../../testing/virtual-cluster.ts'

type Act =
  | { readonly kind: 'run' | 'crash' | 'leave' | 'step-out'; readonly index: number }
  | { readonly kind: 'grow' | 'create' | 'delete'; readonly index: number }

interface Round {
  readonly act: Act
  readonly advanceMs: number
  /** Of the clients, by a bit each: whose answer is lost, and who is slow to do as it is told. */
  readonly lost: number
  readonly slow: number
}

const clientCount = 5
const topicNames = ['a', 'b', 'c'] as const

const rounds = fc.array(
  fc.record<Round>({
    act: fc.record({
      kind: fc.constantFrom('run', 'run', 'run', 'run', 'crash', 'leave', 'step-out', 'grow', 'create', 'delete'),
      index: fc.nat(clientCount - 1),
    }) as fc.Arbitrary<Act>,
    advanceMs: fc.constantFrom(0, 1_000, 5_000, 20_000, 46_000),
    lost: fc.integer({ min: 0, max: 31 }),
    slow: fc.integer({ min: 0, max: 31 }),
  }),
  { maxLength: 40 },
)

/** What each of the clients asks for. */
interface Subscriptions {
  readonly topicNames: readonly string[]
  readonly pattern?: string
  readonly assignor?: string
}

/** Clients of one group, who come and go while topics do. */
class World {
  readonly #cluster: VirtualCluster = virtualCluster()
  readonly #subscriptions: (index: number) => Subscriptions
  readonly #running = new Map<number, ConsumerClient>()
  #processes = 0

  constructor(subscriptions: (index: number) => Subscriptions) {
    this.#subscriptions = subscriptions
  }

  get clients(): readonly ConsumerClient[] {
    return [...this.#running.values()]
  }

  async start(): Promise<void> {
    await this.#cluster.scope.log.createTopic({ name: 'a', partitions: 4 })
    await this.#cluster.scope.log.createTopic({ name: 'b', partitions: 3 })
  }

  async round({ act, advanceMs, lost, slow }: Round): Promise<void> {
    await this.#act(act)
    for (const [index, client] of this.#running) {
      const bit = 1 << index
      await client.beat({ isLost: (lost & bit) !== 0, isSlow: (slow & bit) !== 0 })
      await this.expectNoSharing()
    }
    this.#cluster.clock.advance(advanceMs)
  }

  async calm(): Promise<void> {
    for (let count = 0; count < 30; count++) {
      for (const client of this.clients) {
        await client.beat()
        await this.expectNoSharing()
      }
      this.#cluster.clock.advance(5_000)
    }
  }

  /** Nobody that the group counts among its members reads what another of them reads. */
  async expectNoSharing(): Promise<void> {
    const group = await this.#describe()
    const members = new Set(group?.members.map(({ memberId }) => memberId))
    const readers = new Map<string, string>()
    for (const client of this.clients) {
      if (!members.has(client.memberId)) continue
      for (const partition of client.owned) {
        assert.equal(readers.get(partition), undefined, `${partition} is read twice`)
        readers.set(partition, client.memberId)
      }
    }
  }

  /** All partitions subscribed to are read, by those who subscribe to them. */
  async expectRest(): Promise<void> {
    const group = await this.#describe()
    if (this.clients.length === 0) return assert.ok(!group || group.state === 'Empty')
    assert.equal(group?.state, 'Stable')
    const topics = await this.#cluster.scope.log.topics()
    const read: string[] = []
    for (const [index, client] of this.#running) {
      const { topicNames: names, pattern } = this.#subscriptions(index)
      const readable = topics.filter(
        ({ name }) => names.includes(name) || (pattern && new RegExp(`^(${pattern})$`).test(name)),
      )
      const ids = new Set(readable.map(({ id }) => id))
      assert.ok([...client.owned].every((partition) => ids.has(partition.split('/')[0]!)))
      read.push(...client.owned)
    }
    const subscribed = topics.filter(({ name }) => this.#isSubscribed(name))
    const all = subscribed.flatMap(({ id, partitions }) => Array.from({ length: partitions }, (_, p) => `${id}/${p}`))
    assert.deepEqual(read.sort(), all.sort())
  }

  #isSubscribed(topic: string): boolean {
    return [...this.#running.keys()].some((index) => {
      const { topicNames: names, pattern } = this.#subscriptions(index)
      return names.includes(topic) || (pattern !== undefined && new RegExp(`^(${pattern})$`).test(topic))
    })
  }

  async #act({ kind, index }: Act): Promise<void> {
    const { log } = this.#cluster.scope
    const client = this.#running.get(index)
    const name = topicNames[index % topicNames.length]!
    if (kind === 'run' && !client) this.#running.set(index, this.#newClient(index))
    if (kind === 'crash' && client) this.#running.delete(index)
    if ((kind === 'leave' || kind === 'step-out') && client) {
      await client.leave(kind === 'step-out' && isStatic(index) ? -2 : -1)
      this.#running.delete(index)
    }
    if (kind === 'grow') await log.addPartitions(name, ((await log.topic(name))?.partitions ?? 0) + 2)
    if (kind === 'create') await log.createTopic({ name, partitions: 2 })
    if (kind === 'delete') await log.deleteTopic(name)
  }

  #newClient(index: number): ConsumerClient {
    const instanceId = isStatic(index) ? `static-${index}` : null
    const memberId = `member-${index}-${this.#processes++}`
    return new ConsumerClient(this.#cluster, { memberId, instanceId, ...this.#subscriptions(index) })
  }

  #describe() {
    return this.#cluster.streams.groups.describeConsumerGroup(this.#cluster.scope, 'group')
  }
}

const isStatic = (index: number): boolean => index % 2 === 1

async function live(rounds: readonly Round[], subscriptions: (index: number) => Subscriptions): Promise<World> {
  const world = new World(subscriptions)
  await world.start()
  for (const round of rounds) await world.round(round)
  await world.calm()
  await world.expectRest()
  return world
}

test('whatever members and topics go through, no partition has two readers, and a calm group reads each once and evenly', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (rounds) => {
      const world = await live(rounds, () => ({ topicNames }))
      const loads = world.clients.map(({ owned }) => owned.size)
      assert.ok(loads.length === 0 || Math.max(...loads) - Math.min(...loads) <= 1, loads.join(' '))
    }),
    { numRuns: 150 },
  )
})

test('so it is with members that subscribe to different things, by name and by pattern', async () => {
  const kinds: readonly Subscriptions[] = [
    { topicNames: ['a'] },
    { topicNames: [], pattern: '[ab]' },
    { topicNames: ['c'], pattern: 'b.*' },
    { topicNames: ['b', 'c'] },
    { topicNames: ['a', 'none'] },
  ]
  await fc.assert(
    fc.asyncProperty(rounds, async (rounds) => {
      await live(rounds, (index) => kinds[index]!)
    }),
    { numRuns: 100 },
  )
})

test('so it is with ranges', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (rounds) => {
      await live(rounds, () => ({ topicNames, assignor: 'range' }))
    }),
    { numRuns: 60 },
  )
})
