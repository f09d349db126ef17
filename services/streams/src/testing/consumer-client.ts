import type { ConsumerHeartbeat } from '../groups/consumer/consumer-heartbeat.ts'
import type { ConsumerHeartbeatOutcome } from '../groups/consumer/consumer-outcomes.ts'
import type { TopicPartitions } from '../groups/consumer/partition-set.ts'
import type { VirtualCluster } from './virtual-cluster.ts'

export interface ConsumerOptions {
  readonly memberId: string
  readonly instanceId?: string | null
  readonly topicNames?: readonly string[] | null
  readonly pattern?: string | null
  readonly assignor?: string | null
  readonly rebalanceTimeoutMs?: number
  readonly groupId?: string
  readonly mayDescribe?: (topic: string) => boolean
}

/** A consumer of the consumer protocol as real clients are: it heartbeats, gives up what it is told to, and says so. */
export class ConsumerClient {
  readonly memberId: string
  epoch = 0
  /** What it reads, as `topic/partition`. */
  owned: ReadonlySet<string> = new Set()
  /** What the last assignment gave it and it hasn't taken up yet; undefined when it has. */
  told: ReadonlySet<string> | undefined
  last: ConsumerHeartbeatOutcome | undefined
  readonly #cluster: VirtualCluster
  readonly #options: ConsumerOptions
  #saidOwned: ReadonlySet<string> | undefined
  #mustSayAll = true

  constructor(cluster: VirtualCluster, options: ConsumerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.memberId = options.memberId
  }

  /** One heartbeat, and at once what it asks for. @returns the reason of a refusal, or 'ok' */
  async beat({ isLost = false, isSlow = false }: { isLost?: boolean; isSlow?: boolean } = {}): Promise<string> {
    const isFull = this.epoch === 0 || this.#mustSayAll
    const isNews = isFull || this.#saidOwned !== this.owned
    this.#saidOwned = this.owned
    const outcome = await this.send({
      memberEpoch: this.epoch,
      ...(isFull && this.#subscription()),
      owned: isNews ? topicsOf(this.owned) : null,
    })
    this.#mustSayAll = isLost
    if (isLost) return 'lost'
    this.last = outcome
    if (!outcome.ok) this.#onRefusal(outcome.reason)
    else this.#onAnswer(outcome)
    if (!isSlow) this.takeUp()
    return outcome.ok ? 'ok' : outcome.reason
  }

  /** Gives up and takes up what it was told. */
  takeUp(): void {
    if (this.told) this.owned = this.told
    this.told = undefined
  }

  async leave(memberEpoch: -1 | -2 = -1): Promise<string> {
    const outcome = await this.send({ memberEpoch })
    this.#forget()
    return outcome.ok ? 'ok' : outcome.reason
  }

  send(fields: Partial<ConsumerHeartbeat>): Promise<ConsumerHeartbeatOutcome> {
    const { groupId = 'group', instanceId = null, mayDescribe = () => true } = this.#options
    return this.#cluster.streams.groups.consumerHeartbeat(this.#cluster.scope, {
      groupId,
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      topicNames: null,
      pattern: null,
      assignor: null,
      owned: null,
      bringsId: true,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      mayDescribe,
      ...fields,
    })
  }

  #subscription(): Partial<ConsumerHeartbeat> {
    const { topicNames = ['orders'], pattern = null, assignor = null, rebalanceTimeoutMs = 30_000 } = this.#options
    return { topicNames, pattern, assignor, rebalanceTimeoutMs }
  }

  #onAnswer({ memberEpoch, assignment }: ConsumerHeartbeatOutcome & { ok: true }): void {
    this.epoch = memberEpoch
    if (assignment) this.told = namesOf(assignment)
  }

  #onRefusal(reason: string): void {
    if (reason === 'fenced-epoch' || reason === 'unknown-member' || reason === 'fenced-instance') this.#forget()
  }

  #forget(): void {
    this.epoch = 0
    this.owned = new Set()
    this.told = undefined
    this.#mustSayAll = true
  }
}

const namesOf = (topics: readonly TopicPartitions[]): Set<string> =>
  new Set(topics.flatMap(({ topicId, partitions }) => partitions.map((partition) => `${topicId}/${partition}`)))

function topicsOf(names: ReadonlySet<string>): TopicPartitions[] {
  const split = [...names].map((name) => name.split('/') as [string, string])
  return [...Map.groupBy(split, ([topicId]) => topicId)].map(([topicId, each]) => ({
    topicId,
    partitions: each.map(([, partition]) => Number(partition)),
  }))
}
