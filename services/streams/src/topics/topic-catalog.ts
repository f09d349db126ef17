import type { Clock } from '@koine/base'
import type { NewTopic, Partition, TenantScope, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { changed, type Setting, type Settings, type SettingsChange } from '../settings/setting.ts'
import { alreadyExists, type CountedTopic, newTopicProblem, partitionsProblem, problemBeside } from './new-topic.ts'
import { noSuchTopic, refusal, reserved, type TopicRefusal } from './topic-failure.ts'
import { TopicIds } from './topic-ids.ts'
import { isPlatformTopic } from './topic-names.ts'
import { settingOf, settingsOf, topicSettingKinds, topicSettingsProblem } from './topic-settings.ts'
import { Turns } from '../turns.ts'

export interface TopicRequest {
  readonly name: string
  /** Undefined: one. */
  readonly partitions?: number | undefined
  readonly settings?: Settings
}

export type TopicOutcome = { readonly ok: true; readonly topic: Topic } | TopicRefusal
export type CreateTopicOutcome = TopicOutcome
export type DeleteTopicOutcome = { readonly ok: true } | TopicRefusal

export type DeleteRecordsOutcome =
  | { readonly ok: true; readonly startOffset: number }
  | {
      readonly ok: false
      readonly reason: 'no-such-partition' | 'offset-out-of-range' | 'not-deletable' | 'reserved'
    }

interface Only {
  /** Says what would come of it, and does nothing. */
  readonly validateOnly?: boolean
}

export interface TopicCatalogOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly limits: StreamsLimits
  /** What of topics and partitions a tenant may have; the limits unless told. */
  readonly quotasOf?: (scope: TenantScope) => Promise<Pick<StreamsLimits, 'topics' | 'partitions'>>
  /** Keeps what is known by a partition's records, of which some are about to go. */
  readonly beforeRecordsGo: (scope: TenantScope, at: Partition) => Promise<unknown>
}

/** A making that has begun, or why it hasn't. Wrapped, because an async function can't return a promise without waiting for it. */
interface Begun {
  readonly outcome: TopicOutcome | Promise<TopicOutcome>
}

const partitionsUnlessTold = 1
const unmadeTopicId = '0'.repeat(32)

/** The topics of virtual clusters, as clients make, change and delete them. Platform topics are not theirs to touch. */
export class TopicCatalog {
  readonly #clock: Pick<Clock, 'now'>
  readonly #limits: StreamsLimits
  readonly #quotasOf: TopicCatalogOptions['quotasOf']
  readonly #ids: TopicIds
  readonly #turns = new Turns()
  /** By tenant: topics whose making has begun. */
  readonly #making = new Map<string, Set<Required<NewTopic>>>()
  readonly #beforeRecordsGo: TopicCatalogOptions['beforeRecordsGo']

  constructor({ clock, limits, quotasOf, beforeRecordsGo }: TopicCatalogOptions) {
    this.#clock = clock
    this.#quotasOf = quotasOf
    this.#beforeRecordsGo = beforeRecordsGo
    this.#limits = limits
    this.#ids = new TopicIds(limits.topics)
  }

  /** @param id 32 hexadecimal digits */
  byId(scope: TenantScope, id: string): Promise<Topic | undefined> {
    return this.#ids.topic(scope, id)
  }

  create(scope: TenantScope, request: TopicRequest, { validateOnly = false }: Only = {}): Promise<TopicOutcome> {
    const { name, partitions = partitionsUnlessTold, settings = {} } = request
    const topic: Required<NewTopic> = { name, partitions, settings }
    return this.exclusively(scope, name, async () => {
      // One at a time, so that the limits hold and two names can't collide; those that are being made share the disk.
      const begun = await this.#turns.take(scope.tenantId, () => this.#beginToCreate(scope, topic, validateOnly))
      return begun.outcome
    })
  }

  async delete(scope: TenantScope, name: string): Promise<DeleteTopicOutcome> {
    if (isPlatformTopic(name)) return reserved(name, 'deleted')
    return (await scope.log.deleteTopic(name)) ? { ok: true } : noSuchTopic(name)
  }

  /** @param partitions how many the topic has then */
  addPartitions(
    scope: TenantScope,
    { name, partitions }: { name: string; partitions: number },
    { validateOnly = false }: Only = {},
  ): Promise<TopicOutcome> {
    return this.#turns.take(scope.tenantId, async () => {
      const [topics, limits] = await Promise.all([this.#topicsToBe(scope), this.#limitsOf(scope)])
      const topic = await scope.log.topic(name)
      if (!topic) return noSuchTopic(name)
      const problem = this.#morePartitionsProblem(topics, topic, { partitions, limits })
      if (problem) return problem
      if (validateOnly) return { ok: true, topic: { ...topic, partitions } }
      const added = await scope.log.addPartitions(name, partitions)
      if (added.ok) return added
      return added.reason === 'not-more' ? notMore(topic, partitions) : noSuchTopic(name)
    })
  }

  /** Undefined when there is no such topic. */
  async settings(scope: TenantScope, name: string): Promise<readonly Setting[] | undefined> {
    const topic = await scope.log.topic(name)
    return topic && settingsOf(topic)
  }

  /** All changes or none. Changes of one topic happen one after another. */
  changeSettings(
    scope: TenantScope,
    { name, change }: { name: string; change: SettingsChange },
    { validateOnly = false }: Only = {},
  ): Promise<TopicOutcome> {
    return this.#turns.take(`${scope.tenantId}/${name}/settings`, async () => {
      const topic = await scope.log.topic(name)
      if (!topic) return noSuchTopic(name)
      if (isPlatformTopic(name)) return reserved(name, 'altered')
      const after = changed(topic.settings, change, topicSettingKinds)
      if (!after.ok) return refusal('invalid-setting', after.message)
      const problem = topicSettingsProblem(after.settings)
      if (problem !== undefined) return refusal('invalid-setting', problem)
      if (validateOnly) return { ok: true, topic: { ...topic, settings: after.settings } }
      const altered = await scope.log.changeSettings(topic, after.settings)
      return altered ? { ok: true, topic: altered } : noSuchTopic(name)
    })
  }

  /** Gives up the records before an offset, or all that there are. */
  deleteRecords(scope: TenantScope, at: Partition, before: number | 'all'): Promise<DeleteRecordsOutcome> {
    // An offset of this topic means nothing in another that is made under its name.
    return this.exclusively(scope, at.topic, () => this.#deleteRecords(scope, at, before))
  }

  async #deleteRecords(scope: TenantScope, at: Partition, before: number | 'all'): Promise<DeleteRecordsOutcome> {
    const topic = await scope.log.topic(at.topic)
    const bounds = topic && (await scope.log.bounds(at))
    if (!bounds) return { ok: false, reason: 'no-such-partition' }
    if (isPlatformTopic(at.topic)) return { ok: false, reason: 'reserved' }
    if (!deletes(topic)) return { ok: false, reason: 'not-deletable' }
    const offset = before === 'all' ? bounds.endOffset : before
    if (offset > bounds.startOffset && offset <= bounds.endOffset) await this.#beforeRecordsGo(scope, at)
    return scope.log.deleteRecords(at, offset)
  }

  /** Does what must not meet another topic of the same name half way: while it lasts, none is made. */
  exclusively<T>(scope: TenantScope, name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(`${scope.tenantId}/${name}`, work)
  }

  async #beginToCreate(scope: TenantScope, topic: Required<NewTopic>, validateOnly: boolean): Promise<Begun> {
    const [topics, limits] = await Promise.all([this.#topicsToBe(scope), this.#limitsOf(scope)])
    const problem = newTopicProblem(topic, limits) ?? problemBeside(topics, topic, limits)
    if (problem) return { outcome: problem }
    if (!validateOnly) return { outcome: this.#create(scope, topic) }
    return { outcome: { ok: true, topic: { ...topic, id: unmadeTopicId, createdAtMs: this.#clock.now() } } }
  }

  async #create(scope: TenantScope, topic: Required<NewTopic>): Promise<TopicOutcome> {
    const making = this.#making.get(scope.tenantId) ?? new Set()
    this.#making.set(scope.tenantId, making.add(topic))
    try {
      const made = await scope.log.createTopic(topic)
      return made.ok ? made : alreadyExists(topic.name)
    } finally {
      making.delete(topic)
      if (making.size === 0) this.#making.delete(scope.tenantId)
    }
  }

  /** The topics that there are, and those that are being made. */
  async #topicsToBe(scope: TenantScope): Promise<readonly CountedTopic[]> {
    const topics = await scope.log.topics()
    const making = this.#making.get(scope.tenantId)
    if (!making) return topics
    const names = new Set(topics.map(({ name }) => name))
    return [...topics, ...[...making].filter(({ name }) => !names.has(name))]
  }

  async #limitsOf(scope: TenantScope): Promise<StreamsLimits> {
    return { ...this.#limits, ...(await this.#quotasOf?.(scope)) }
  }

  #morePartitionsProblem(
    topics: readonly CountedTopic[],
    topic: Topic,
    { partitions, limits }: { readonly partitions: number; readonly limits: StreamsLimits },
  ): TopicRefusal | undefined {
    if (isPlatformTopic(topic.name)) return reserved(topic.name, 'altered')
    if (partitions <= topic.partitions) return notMore(topic, partitions)
    if (partitions > limits.partitionsPerTopic) {
      return refusal('invalid-partitions', `A topic has 1 to ${limits.partitionsPerTopic} partitions.`)
    }
    return partitionsProblem(topics, partitions - topic.partitions, limits)
  }
}

/** Whether the topic gives up old records; one that is only compacted doesn't. */
const deletes = (topic: Topic): boolean => {
  const policy = settingOf(topic, 'cleanup.policy')
  return policy.includes('delete') || !policy.includes('compact')
}

const notMore = ({ name, partitions: held }: Topic, partitions: number): TopicRefusal =>
  refusal(
    'invalid-partitions',
    partitions === held
      ? `Topic already has ${held} partition(s).`
      : `The topic ${name} currently has ${held} partition(s); ${partitions} would not be an increase.`,
  )
