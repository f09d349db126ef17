import type { NewTopic, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { refusal, reserved, type TopicRefusal } from './topic-failure.ts'
import { collisionName, isPlatformTopic, topicNameProblem } from './topic-names.ts'
import { topicSettingsProblem } from './topic-settings.ts'

/** Why a topic can't be made, whatever others there are; undefined when it can. */
export function newTopicProblem(topic: Required<NewTopic>, limits: StreamsLimits): TopicRefusal | undefined {
  const { name, partitions, settings } = topic
  const nameProblem = topicNameProblem(name)
  if (nameProblem) return refusal('invalid-name', `The topic can't be made: ${nameProblem}.`)
  if (isPlatformTopic(name)) return reserved(name, 'made: names that start with "koine." are its own')
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > limits.partitionsPerTopic) {
    return refusal('invalid-partitions', `A topic has 1 to ${limits.partitionsPerTopic} partitions.`)
  }
  const problem = topicSettingsProblem(settings)
  return problem === undefined ? undefined : refusal('invalid-setting', problem)
}

/** What counts of a topic for others. */
export type CountedTopic = Pick<Topic, 'name' | 'partitions'>

/** Why a topic can't be made beside those that there are; undefined when it can. */
export function problemBeside(
  topics: readonly CountedTopic[],
  { name, partitions }: Required<NewTopic>,
  limits: StreamsLimits,
): TopicRefusal | undefined {
  if (topics.some((topic) => topic.name === name)) return alreadyExists(name)
  // Kafka names metrics after topics, with dots as underscores; tools count on names that stay apart there.
  const colliding = topics.find((topic) => collisionName(topic.name) === collisionName(name))
  if (colliding) {
    return refusal('invalid-name', `Topic '${name}' collides with existing topic: ${colliding.name}`)
  }
  return topics.length >= limits.topics ? tooMany(limits) : partitionsProblem(topics, partitions, limits)
}

/** Why a tenant can't have so many partitions more; undefined when it can. */
export function partitionsProblem(
  topics: readonly CountedTopic[],
  more: number,
  limits: StreamsLimits,
): TopicRefusal | undefined {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, more)
  return partitions > limits.partitions ? tooMany(limits) : undefined
}

export const alreadyExists = (name: string): TopicRefusal => refusal('exists', `Topic '${name}' already exists.`)

const tooMany = ({ topics, partitions }: StreamsLimits): TopicRefusal =>
  refusal('too-many', `A tenant has at most ${topics} topics with ${partitions} partitions in all.`)
