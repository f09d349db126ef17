import type { Clock, Logger, Metrics, Randomness } from '@koine/base'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { defaultStreamsLimits, type StreamsLimits } from './limits.ts'
import { ProducerIds } from './producer-ids.ts'
import { type FetchedPartition, fetchRecords, type FetchRequest } from './records/fetch.ts'
import { findOffset, type FoundOffset, type OffsetQuery } from './records/find-offset.ts'
import { Producing } from './records/produce.ts'
import type { ProduceOutcome } from './records/produce-outcome.ts'
import { settingsOf, type TopicSetting } from './topics/topic-settings.ts'
import { TopicIds } from './topics/topic-ids.ts'
import {
  createTopic,
  type CreateTopicOutcome,
  deleteTopic,
  type DeleteTopicOutcome,
  type TopicRequest,
} from './topics/topics.ts'

export interface StreamsOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<StreamsLimits>
}

/**
 * Virtual clusters: each tenant's topics, records, offsets and consumer groups, over the log. Clients' rules live here: what
 * the platform itself writes doesn't come this way.
 */
export class Streams implements AsyncDisposable {
  /** Consumer groups and their committed offsets. */
  readonly groups: GroupCoordinator
  readonly limits: StreamsLimits
  readonly #clock: Clock
  readonly #producing: Producing
  readonly #producerIds = new ProducerIds()
  readonly #topicIds: TopicIds
  readonly #closing = new AbortController()

  constructor({ clock, randomness, logger, metrics, limits }: StreamsOptions) {
    this.limits = { ...defaultStreamsLimits, ...limits }
    this.#clock = clock
    this.#producing = new Producing(this.limits)
    this.#topicIds = new TopicIds(this.limits.topics)
    this.groups = new GroupCoordinator({ clock, randomness, logger, limits: this.limits })
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
    return this.#topicIds.topic(scope, id)
  }

  /** Undefined when there is no such topic. */
  async topicSettings(scope: TenantScope, name: string): Promise<readonly TopicSetting[] | undefined> {
    const topic = await scope.log.topic(name)
    return topic && settingsOf(topic)
  }

  createTopic(
    scope: TenantScope,
    request: TopicRequest,
    { validateOnly = false }: { readonly validateOnly?: boolean } = {},
  ): Promise<CreateTopicOutcome> {
    return createTopic(scope, request, { limits: this.limits, validateOnly, now: this.#clock.now() })
  }

  deleteTopic(scope: TenantScope, name: string): Promise<DeleteTopicOutcome> {
    return deleteTopic(scope, name)
  }

  /**
   * Appends one record batch as it came; durable when it resolves. Calls for one partition take effect in the order they
   * are made, without waiting for each other, and a batch that an idempotent producer sends again is answered, not doubled.
   * @param records the bytes of exactly one record batch; the log may patch its base offset and leader epoch in place
   */
  produce(scope: TenantScope, at: Partition, records: Uint8Array): Promise<ProduceOutcome> {
    return this.#producing.produce(scope, at, records)
  }

  /** Reads from several partitions, waiting for `bytesMin` up to `waitMsMax`. Both bounds are held to the limits. */
  fetch(scope: TenantScope, request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const bounded: FetchRequest = {
      ...request,
      bytesMax: Math.min(request.bytesMax, this.limits.fetchBytesMax),
      waitMsMax: Math.min(request.waitMsMax, this.limits.fetchWaitMsMax),
    }
    return fetchRecords(scope.log, bounded, { clock: this.#clock, closing: this.#closing.signal })
  }

  findOffset(scope: TenantScope, at: Partition, query: OffsetQuery): Promise<FoundOffset> {
    return findOffset(scope.log, at, query)
  }

  /** A fresh id for an idempotent producer. */
  newProducerId(scope: TenantScope): Promise<number> {
    return this.#producerIds.next(scope)
  }

  /** Drops what is held in memory of a tenant that is suspended or deleted. */
  forget(tenantId: string): void {
    this.groups.forget(tenantId)
    this.#producing.forget(tenantId)
    this.#producerIds.forget(tenantId)
  }

  /** Answers all who wait: fetches with what there is, members with the request to join again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.groups.forgetAll()
  }
}
