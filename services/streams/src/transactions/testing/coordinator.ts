import { KoineError, Metrics, seededRandomness, silentLogger, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { type CommittedOffset, type Faults, type Partition, scopeTo, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { GroupCoordinator } from '../../groups/group-coordinator.ts'
import { defaultStreamsLimits, type StreamsLimits } from '../../limits.ts'
import type { TransactionEnd } from '../../records/transaction-gate.ts'
import { Transactions } from '../transactions.ts'
import type { TransactionalProducer } from '../outcomes.ts'

export type Marker = Partition & TransactionEnd

/** The coordinator by itself: where partitions would be, it is noted what they are told. */
export class Coordinator {
  readonly clock = new ManualClock()
  readonly scope: TenantScope
  readonly other: TenantScope
  /** What partitions were told, in order. */
  readonly markers: Marker[] = []
  /** While this is above 0, partitions can't be told anything. */
  failures = 0
  /** While it is there, partitions take a marker in, and don't answer before it resolves. */
  hold: Promise<void> | undefined
  transactions: Transactions
  readonly #limits: StreamsLimits
  readonly #randomness = seededRandomness(1)

  constructor({ limits, faults }: { limits?: Partial<StreamsLimits>; faults?: Faults } = {}) {
    const { clock } = this
    const stores = memoryStores({ clock, randomness: this.#randomness, ...(faults && { faults }) })
    const newScope = (): TenantScope => scopeTo(stores, tenantIds.make({ clock, randomness: this.#randomness }))
    this.#limits = { ...defaultStreamsLimits, ...limits }
    this.scope = newScope()
    this.other = newScope()
    this.transactions = this.start()
  }

  /** A fresh process on the same stores, in place of the one before. */
  restart(): Transactions {
    for (const { tenantId } of [this.scope, this.other]) this.transactions.forget(tenantId)
    return this.start()
  }

  /** Another process on the same stores, which the calls here go to from now on. */
  start(): Transactions {
    const common = { clock: this.clock, randomness: this.#randomness, logger: silentLogger, limits: this.#limits }
    this.transactions = new Transactions({
      ...common,
      metrics: new Metrics(),
      groups: new GroupCoordinator(common),
      markers: { endTransaction: (_, at, end) => this.#mark({ ...at, ...end }) },
    })
    return this.transactions
  }

  async topic(name: string, partitions = 2): Promise<void> {
    await this.scope.log.createTopic({ name, partitions })
  }

  /** A producer that has got its identity; throws when it is refused. */
  async producer(
    transactionalId: string,
    { timeoutMs = 60_000, claimed = anew }: { timeoutMs?: number; claimed?: typeof anew } = {},
  ): Promise<TransactionalProducer> {
    const outcome = await this.transactions.initProducer(this.scope, { transactionalId, timeoutMs, ...claimed })
    if (!outcome.ok) throw new Error(outcome.reason)
    const { producerId, producerEpoch } = outcome
    return { transactionalId, producerId, producerEpoch }
  }

  /** What became of it: `ok` or the reason. */
  async add(producer: TransactionalProducer, topic: string, ...partitions: readonly number[]): Promise<string> {
    const all = partitions.map((partition) => ({ topic, partition }))
    return (await this.transactions.addPartitions(this.scope, producer, all)) ?? 'ok'
  }

  async addGroup(producer: TransactionalProducer, group = 'group'): Promise<string> {
    return (await this.transactions.addGroup(this.scope, producer, group)) ?? 'ok'
  }

  async give(producer: TransactionalProducer, offsets: readonly CommittedOffset[], group = 'group'): Promise<string[]> {
    const claim = { groupId: group, memberId: '', instanceId: null, generation: -1 }
    const outcome = await this.transactions.commitOffsets(this.scope, producer, { claim, offsets })
    return outcome.map((failure) => failure ?? 'ok')
  }

  async end(producer: TransactionalProducer, commit: boolean): Promise<string> {
    return (await this.transactions.end(this.scope, { ...producer, commit })) ?? 'ok'
  }

  async gate(producer: TransactionalProducer, topic: string, partition = 0): Promise<string> {
    return (await this.transactions.problem(this.scope, { topic, partition }, producer)) ?? 'ok'
  }

  async state(transactionalId: string): Promise<string | undefined> {
    return (await this.transactions.describe(this.scope, transactionalId))?.state
  }

  /** `topic/partition=offset` of all that the group has committed. */
  async committed(group = 'group'): Promise<string[]> {
    const offsets = await this.scope.log.committedOffsets(group)
    return offsets.map(({ topic, partition, offset }) => `${topic}/${partition}=${offset}`)
  }

  async #mark(marker: Marker): Promise<{ ok: true }> {
    if (this.failures > 0) {
      this.failures--
      throw new KoineError('unavailable', 'The partition can’t be written now.')
    }
    this.markers.push(marker)
    await this.hold
    return { ok: true }
  }
}

export const anew = { producerId: -1, producerEpoch: -1 }
