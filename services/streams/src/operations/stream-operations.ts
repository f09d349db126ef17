import { type Clock, type ErrorCode, KoineError } from '@koine/base'
import { encodeRecordBatch, type RecordHeader } from '@koine/protocols-kafka/record-batch'
import { type Partition, partitionOfKey, type PartitionBounds, type TenantScope, type Topic } from '@koine/stores-ports'
import { TopicReader } from '../browsing/topic-reader.ts'
import { type TenantUsage, tenantUsage } from '../metering/tenant-usage.ts'
import type { Setting } from '../settings/setting.ts'
import type { Streams } from '../streams.ts'
import type { TopicFailure, TopicRefusal } from '../topics/topic-failure.ts'
import { RequestQuotas } from './request-quotas.ts'
import { type GroupDetail, type GroupSummary, membersOf, summaryOf } from './groups.ts'

export interface TopicDetail {
  readonly topic: Topic
  readonly settings: readonly Setting[]
  readonly partitions: readonly (PartitionBounds & { readonly partition: number; readonly bytes: number })[]
}

export interface RecordToProduce {
  /** Chosen by the key, or in turn where there is none, unless told. */
  readonly partition?: number | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/** What a batch of one record has beside it, about. */
const batchBytes = 70

const codes: { readonly [failure in TopicFailure]: ErrorCode } = {
  exists: 'already_exists',
  'invalid-name': 'invalid_request',
  'invalid-partitions': 'invalid_request',
  'invalid-setting': 'invalid_request',
  'no-such-topic': 'not_found',
  reserved: 'forbidden',
  'too-many': 'invalid_request',
}

/**
 * A tenant's virtual cluster as the people who look after it see it, over HTTP or in the console: the same rules as for
 * Kafka clients, with failures as KoineErrors.
 */
export class StreamOperations {
  /** Looks into topics. */
  readonly reader: TopicReader
  readonly #streams: Streams
  readonly #clock: Clock
  readonly #quotas: RequestQuotas
  #unkeyed = 0

  constructor({ streams, clock }: { streams: Streams; clock: Clock }) {
    const { records, throttling } = streams
    this.#streams = streams
    this.#clock = clock
    this.#quotas = new RequestQuotas({ throttling, clock })
    this.reader = new TopicReader({
      records: {
        fetch: (scope, request) => this.#quotas.fetch(scope, request, (within) => records.fetch(scope, within)),
        findOffset: (...query) => records.findOffset(...query),
      },
      clock,
    })
  }

  /** By name. */
  topics(scope: TenantScope): Promise<readonly Topic[]> {
    return scope.log.topics()
  }

  async topic(scope: TenantScope, name: string): Promise<TopicDetail> {
    const topic = await scope.log.topic(name)
    const settings = await this.#streams.catalog.settings(scope, name)
    if (!topic || !settings) throw noTopic(name)
    const partitions = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const at = { topic: name, partition }
      const [bounds, bytes] = await Promise.all([scope.log.bounds(at), scope.log.size(at)])
      if (bounds) partitions.push({ partition, ...bounds, bytes: bytes ?? 0 })
    }
    return { topic, settings, partitions }
  }

  async createTopic(scope: TenantScope, request: Parameters<Streams['createTopic']>[1]): Promise<TopicDetail> {
    const { partitions = 1 } = request
    orThrow(await this.#quotas.mutate(scope, partitions, () => this.#streams.createTopic(scope, request)))
    return this.topic(scope, request.name)
  }

  async deleteTopic(scope: TenantScope, name: string): Promise<void> {
    const partitions = (await scope.log.topic(name))?.partitions ?? 0
    orThrow(await this.#quotas.mutate(scope, partitions, () => this.#streams.deleteTopic(scope, name)))
  }

  /** @param partitions how many the topic has then */
  async addPartitions(scope: TenantScope, name: string, partitions: number): Promise<TopicDetail> {
    const more = Math.max(0, partitions - ((await scope.log.topic(name))?.partitions ?? 0))
    const add = () => this.#streams.catalog.addPartitions(scope, { name, partitions })
    orThrow(await this.#quotas.mutate(scope, more, add))
    return this.topic(scope, name)
  }

  /** @param settings null: back to the default */
  async changeSettings(
    scope: TenantScope,
    name: string,
    settings: { readonly [name: string]: string | null },
  ): Promise<TopicDetail> {
    const alter = Object.entries(settings).map(([setting, value]) =>
      value === null
        ? ({ name: setting, operation: 'delete', value: '' } as const)
        : ({ name: setting, operation: 'set', value } as const),
    )
    orThrow(await this.#streams.catalog.changeSettings(scope, { name, change: { alter } }))
    return this.topic(scope, name)
  }

  /** One after another; a failure says how many came before it. */
  async produce(scope: TenantScope, name: string, records: readonly RecordToProduce[]): Promise<readonly ProducedAt[]> {
    const topic = await scope.log.topic(name)
    if (!topic) throw noTopic(name)
    await this.#quotas.produce(scope, bytesOf(records))
    const produced: ProducedAt[] = []
    for (const { partition = this.#partitionFor(topic, records[produced.length]!), ...record } of records) {
      const batch = encodeRecordBatch({ records: [{ ...record, timestampMs: this.#clock.now() }] })
      const outcome = await this.#streams.produce(scope, { topic: name, partition }, batch)
      if (!outcome.ok) throw refused(outcome, produced.length)
      produced.push({ partition, offset: outcome.baseOffset })
    }
    return produced
  }

  /** What the cluster uses of what it may, and where its records are. */
  usage(scope: TenantScope): Promise<TenantUsage> {
    return tenantUsage(this.#streams, scope, this.#clock)
  }

  async groups(scope: TenantScope): Promise<readonly GroupSummary[]> {
    const summaries: GroupSummary[] = []
    for (const listing of await this.#streams.groups.list(scope)) {
      summaries.push(await summaryOf(this.#streams.groups, scope, listing))
    }
    return summaries
  }

  async group(scope: TenantScope, groupId: string): Promise<GroupDetail> {
    const [listing] = (await this.#streams.groups.list(scope)).filter((each) => each.groupId === groupId)
    const lag = listing && (await this.#streams.groups.lag(scope, groupId))
    if (!listing || !lag) throw noGroup(groupId)
    const members = await membersOf(this.#streams.groups, scope, listing)
    return { ...listing, members, partitions: lag.partitions, lag: lag.lag }
  }

  async deleteGroup(scope: TenantScope, groupId: string): Promise<void> {
    const outcome = await this.#streams.groups.delete(scope, groupId)
    if (outcome.ok) return
    if (outcome.reason === 'no-such-group') throw noGroup(groupId)
    throw new KoineError('conflict', `Group ${groupId} has members; only an empty group can be deleted.`)
  }

  #partitionFor({ partitions }: Topic, { key }: RecordToProduce): number {
    return key === null ? this.#unkeyed++ % partitions : partitionOfKey(key, partitions)
  }
}

const bytesOf = (records: readonly RecordToProduce[]): number =>
  records.reduce((sum, { key, value }) => sum + batchBytes + (key?.length ?? 0) + (value?.length ?? 0), 0)

export type ProducedAt = Pick<Partition, 'partition'> & { readonly offset: number }

function orThrow(outcome: { readonly ok: true } | TopicRefusal): void {
  if (!outcome.ok) throw new KoineError(codes[outcome.reason], outcome.message)
}

function refused({ reason, message }: { reason: string; message: string }, before: number): KoineError {
  const code = reason === 'reserved' ? 'forbidden' : reason === 'no-such-partition' ? 'not_found' : 'invalid_request'
  return new KoineError(code, before === 0 ? message : `${message} The ${before} records before it were written.`)
}

const noTopic = (name: string): KoineError => new KoineError('not_found', `There is no topic ${name}.`)
const noGroup = (groupId: string): KoineError => new KoineError('not_found', `There is no group ${groupId}.`)
