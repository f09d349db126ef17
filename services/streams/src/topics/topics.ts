import type { NewTopic, Topic, TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { isPlatformTopic, topicNameProblem } from './topic-names.ts'
import { topicSettingProblem } from './topic-settings.ts'

export interface TopicRequest {
  readonly name: string
  /** Undefined: one. */
  readonly partitions?: number | undefined
  readonly settings?: { readonly [name: string]: string }
}

export type TopicFailure =
  | 'exists'
  | 'invalid-name'
  | 'invalid-partitions'
  | 'invalid-setting'
  | 'reserved'
  | 'too-many'

export type CreateTopicOutcome =
  | { readonly ok: true; readonly topic: Topic }
  | { readonly ok: false; readonly reason: TopicFailure; readonly message: string }

export type DeleteTopicOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'reserved' | 'no-such-topic'; readonly message: string }

const partitionsUnlessTold = 1
const unmadeTopicId = '0'.repeat(32)

/** Makes a topic for a client, or only says whether it could be made. */
export async function createTopic(
  scope: TenantScope,
  request: TopicRequest,
  { limits, validateOnly, now }: { limits: StreamsLimits; validateOnly: boolean; now: number },
): Promise<CreateTopicOutcome> {
  const { name, partitions = partitionsUnlessTold, settings = {} } = request
  const topic: Required<NewTopic> = { name, partitions, settings }
  const problem = problemOf(topic, limits) ?? problemAmong(await scope.log.topics(), topic, limits)
  if (problem) return { ok: false, ...problem }
  if (validateOnly) return { ok: true, topic: { ...topic, id: unmadeTopicId, createdAtMs: now } }
  const made = await scope.log.createTopic(topic)
  return made.ok ? made : { ok: false, ...exists(name) }
}

export async function deleteTopic(scope: TenantScope, name: string): Promise<DeleteTopicOutcome> {
  if (isPlatformTopic(name)) {
    return { ok: false, reason: 'reserved', message: `${name} belongs to the platform and can't be deleted.` }
  }
  if (await scope.log.deleteTopic(name)) return { ok: true }
  return { ok: false, reason: 'no-such-topic', message: 'There is no such topic.' }
}

type Problem = { readonly reason: TopicFailure; readonly message: string }

const exists = (name: string): Problem => ({ reason: 'exists', message: `Topic '${name}' already exists.` })

function problemOf({ name, partitions, settings }: Required<NewTopic>, limits: StreamsLimits): Problem | undefined {
  const nameProblem = topicNameProblem(name)
  if (nameProblem) return { reason: 'invalid-name', message: `The topic can't be made: ${nameProblem}.` }
  if (isPlatformTopic(name)) {
    return { reason: 'reserved', message: `${name} can't be made: names that start with "koine." are the platform's.` }
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > limits.partitionsPerTopic) {
    return { reason: 'invalid-partitions', message: `A topic has 1 to ${limits.partitionsPerTopic} partitions.` }
  }
  for (const [setting, value] of Object.entries(settings)) {
    const problem = topicSettingProblem(setting, value)
    if (problem) return { reason: 'invalid-setting', message: `The topic can't be made: ${problem}.` }
  }
  return undefined
}

function problemAmong(
  topics: readonly Topic[],
  wanted: Required<NewTopic>,
  limits: StreamsLimits,
): Problem | undefined {
  if (topics.some(({ name }) => name === wanted.name)) return exists(wanted.name)
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, wanted.partitions)
  if (topics.length >= limits.topics || partitions > limits.partitions) {
    return {
      reason: 'too-many',
      message: `A tenant has at most ${limits.topics} topics with ${limits.partitions} partitions in all.`,
    }
  }
  return undefined
}
