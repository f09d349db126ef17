import type { Clock, Logger, Metrics, Randomness } from '@koine/base'
import type { TenantQuotas } from '@koine/services-tenancy'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import { AccessControl } from './access/access-control.ts'
import { ScramUsers } from './access/scram-users.ts'
import { Backpressure } from './backpressure/backpressure.ts'
import type { BackpressureSettings } from './backpressure/backpressure-settings.ts'
import { exposeBackpressure } from './backpressure/backpressure-metrics.ts'
import { BackpressureTimer } from './backpressure/backpressure-timer.ts'
import { WorkUnderWay } from './backpressure/work-under-way.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { defaultStreamsLimits, type StreamsLimits } from './limits.ts'
import type { ActiveProducer } from './records/active-producer.ts'
import type { FetchedPartition, FetchRequest } from './records/fetch.ts'
import type { FoundOffset, OffsetQuery } from './records/find-offset.ts'
import type { Isolation } from './records/isolation.ts'
import type { ProduceOutcome } from './records/produce-outcome.ts'
import { Records } from './records/records.ts'
import type { EndTransactionOutcome, TransactionEnd } from './records/transaction-gate.ts'
import { recordCount, TenantMetrics } from './metering/tenant-metrics.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import { GroupSettings } from './settings/group-settings.ts'
import type { Setting } from './settings/setting.ts'
import { Throttling } from './throttling/throttling.ts'
import {
  type CreateTopicOutcome,
  type DeleteTopicOutcome,
  TopicCatalog,
  type TopicRequest,
} from './topics/topic-catalog.ts'
import { Transactions } from './transactions/transactions.ts'

export interface StreamsOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<StreamsLimits>
  /** What a tenant has been given; unless told, what the limits say. */
  readonly quotasOf?: (tenantId: TenantScope['tenantId']) => Promise<TenantQuotas>
  readonly backpressure?: Partial<BackpressureSettings>
}

/**
 * Virtual clusters: each tenant's topics, records, offsets and consumer groups, over the log. Clients' rules live here: what
 * the platform itself writes doesn't come this way.
 */
export class Streams implements AsyncDisposable {
  /** Consumer groups and their committed offsets. */
  readonly groups: GroupCoordinator
  /** Who may do what. */
  readonly access: AccessControl
  /** Who signs in with a password of the tenant's own. */
  readonly users: ScramUsers
  /** Topics as clients make, change and delete them. */
  readonly catalog: TopicCatalog
  readonly groupSettings: GroupSettings
  /** What tenants grant their own clients. */
  readonly quotas: ClientQuotas
  /** Slows every tenant by its quota while the node has more to do than it can. */
  readonly backpressure: Backpressure
  /** Holds tenants and their clients to their quotas. */
  readonly throttling: Throttling
  /** Transactional producers and what they have under way. */
  readonly transactions: Transactions
  readonly limits: StreamsLimits
  /** What stands in the partitions of clients' topics. */
  readonly records: Records
  readonly #metrics: TenantMetrics
  readonly #backpressureTimer: BackpressureTimer
  readonly #appends: WorkUnderWay

  constructor({ clock, randomness, logger, metrics, limits, quotasOf, backpressure }: StreamsOptions) {
    this.limits = { ...defaultStreamsLimits, ...limits }
    this.backpressure = new Backpressure({ ...(backpressure && { settings: backpressure }), nowMs: clock.monotonic() })
    this.#backpressureTimer = new BackpressureTimer(this.backpressure, clock)
    this.#appends = new WorkUnderWay(clock)
    exposeBackpressure(metrics, this.backpressure)
    const { diskWaitMsMax, queuedBytesMax } = this.backpressure.settings
    this.backpressure.watch({ name: 'disk', read: () => this.#appends.oldestMs, limit: diskWaitMsMax, isWait: true })
    this.backpressure.watch({ name: 'queue', read: () => this.#appends.bytes, limit: queuedBytesMax, isWait: false })
    this.throttling = new Throttling({
      clock,
      metrics,
      quotasOf: quotasOf ?? (async () => quotasOfLimits(this.limits)),
      backpressure: this.backpressure,
      grantedBy: (scope) => this.quotas.all(scope),
    })
    this.access = new AccessControl(this.limits)
    this.users = new ScramUsers(this.limits)
    this.catalog = new TopicCatalog({
      clock,
      limits: this.limits,
      quotasOf: async (scope) => {
        const { topics, partitions } = await this.throttling.quotas(scope)
        return { topics, partitions }
      },
      beforeRecordsGo: (scope, at) => this.records.checkpoint(scope, at),
    })
    this.groupSettings = new GroupSettings(this.limits)
    this.quotas = new ClientQuotas(this.limits, (scope) => this.throttling.grantsChanged(scope))
    this.groups = new GroupCoordinator({
      clock,
      randomness,
      logger,
      limits: this.limits,
      groupsMax: (scope) => this.throttling.held(scope.tenantId)?.quotas.groups ?? this.limits.groups,
      settingsOf: (scope, groupId) => this.groupSettings.of(scope, groupId),
      pendingOffsets: (scope, groupId) => this.transactions.pendingOffsets(scope, groupId),
    })
    this.transactions = new Transactions({
      clock,
      logger,
      metrics,
      limits: this.limits,
      groups: this.groups,
      markers: { endTransaction: (...end) => this.endTransaction(...end) },
    })
    this.records = new Records({ clock, logger, limits: this.limits, gate: this.transactions })
    this.#metrics = new TenantMetrics(metrics, this.groups)
    metrics.gauge({
      name: 'koine_streams_groups',
      help: 'Consumer groups that have members.',
      collect: () => this.groups.liveGroups,
    })
  }

  /** The id of the tenant's virtual cluster: stable, unique, and opaque to clients. */
  clusterId(scope: TenantScope): string {
    return scope.tenantId
  }

  topics(scope: TenantScope): Promise<readonly Topic[]> {
    return scope.log.topics()
  }

  topic(scope: TenantScope, name: string): Promise<Topic | undefined> {
    return scope.log.topic(name)
  }

  /** @param id 32 hexadecimal digits */
  topicById(scope: TenantScope, id: string): Promise<Topic | undefined> {
    return this.catalog.byId(scope, id)
  }

  /** Undefined when there is no such topic. */
  topicSettings(scope: TenantScope, name: string): Promise<readonly Setting[] | undefined> {
    return this.catalog.settings(scope, name)
  }

  createTopic(
    scope: TenantScope,
    request: TopicRequest,
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<CreateTopicOutcome> {
    return this.catalog.create(scope, request, options)
  }

  async deleteTopic(scope: TenantScope, name: string): Promise<DeleteTopicOutcome> {
    const topic = await scope.log.topic(name)
    const outcome = await this.catalog.delete(scope, name)
    if (outcome.ok && topic) await this.records.forgetTopic(scope, topic)
    return outcome
  }

  /** @see Records.produce */
  async produce(scope: TenantScope, at: Partition, records: Uint8Array): Promise<ProduceOutcome> {
    const [bytes, count] = [records.length, recordCount(records)]
    const done = this.#appends.begin(bytes)
    try {
      const outcome = await this.records.produce(scope, at, records)
      this.#metrics.produced(scope, bytes, count, outcome)
      return outcome
    } finally {
      done()
    }
  }

  /** @see Records.fetch */
  async fetch(scope: TenantScope, request: FetchRequest): Promise<readonly FetchedPartition[]> {
    // Of a tenant that comes back, something may be open that readers wait for.
    this.transactions.wake(scope)
    const fetched = await this.records.fetch(scope, request)
    this.#metrics.fetched(scope, fetched)
    return fetched
  }

  findOffset(scope: TenantScope, at: Partition, query: OffsetQuery, isolation?: Isolation): Promise<FoundOffset> {
    return this.records.findOffset(scope, at, query, isolation)
  }

  /** @see Records.endTransaction */
  endTransaction(scope: TenantScope, at: Partition, end: TransactionEnd): Promise<EndTransactionOutcome> {
    return this.records.endTransaction(scope, at, end)
  }

  lastStableOffset(scope: TenantScope, at: Partition): Promise<number | undefined> {
    return this.records.lastStableOffset(scope, at)
  }

  producers(scope: TenantScope, at: Partition): Promise<readonly ActiveProducer[] | undefined> {
    return this.records.producers(scope, at)
  }

  /** A fresh id for an idempotent producer. */
  newProducerId(scope: TenantScope): Promise<number> {
    return this.transactions.newProducerId(scope)
  }

  /** From now on metrics tell nothing of the tenant: it is the platform's own. */
  leaveOutOfMetrics(tenantId: string): void {
    this.#metrics.leaveOut(tenantId)
  }

  /** Drops what is held in memory of a tenant that is suspended or deleted. */
  forget(tenantId: string): void {
    this.groups.forget(tenantId)
    this.records.forget(tenantId)
    this.transactions.forget(tenantId)
    this.throttling.forget(tenantId)
    this.backpressure.forget(tenantId)
    this.#metrics.forget(tenantId)
  }

  /** Answers all who wait: fetches with what there is, members with the request to join again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.records.stopWaiting()
    this.#backpressureTimer[Symbol.dispose]()
    this.throttling[Symbol.dispose]()
    await this.transactions[Symbol.asyncDispose]()
    this.groups.forgetAll()
    await this.records[Symbol.asyncDispose]()
  }
}

/** Where nobody says what a tenant has been given: what the limits say, however fast it comes. */
const quotasOfLimits = ({ topics, partitions, groups }: StreamsLimits): TenantQuotas => ({
  produceBytesPerSecond: Infinity,
  fetchBytesPerSecond: Infinity,
  requestsPerSecond: Infinity,
  requestPercentage: Infinity,
  connections: Infinity,
  connectionsPerSecond: Infinity,
  topics,
  partitions,
  partitionMutationsPerSecond: Infinity,
  groups,
})
