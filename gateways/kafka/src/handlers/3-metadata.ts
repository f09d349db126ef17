import { errorCodes, metadata } from '@koine/protocols-kafka'
import type { Topic } from '@koine/stores-ports'
import { codeOf } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const noTopicId = '0'.repeat(32)
const versionWithNullForAll = 1
const leaderEpoch = 0
/** Topics that one request makes by naming them; further ones are made when the client asks again. */
const createdMax = 100

interface WantedTopic {
  readonly name: string | null
  readonly topicId: string
}

interface TopicAnswer {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly partitions: readonly object[]
}

export default handler(metadata, { versions: [0, 12] }, async ({ topics, allowAutoTopicCreation }, call) => {
  const { broker, streams, scope, version } = call
  const wantsAll = topics === null || (version < versionWithNullForAll && topics.length === 0)
  let creationsLeft = allowAutoTopicCreation && call.autoCreateTopics ? createdMax : 0
  const mayCreate = (): boolean => creationsLeft-- > 0
  const answers = wantsAll
    ? (await streams.topics(scope)).map((topic) => found(topic, broker.nodeId))
    : await Promise.all(topics.map((wanted) => lookUp(wanted, call, mayCreate)))
  return {
    brokers: [{ nodeId: broker.nodeId, host: broker.host, port: broker.port, rack: null }],
    clusterId: streams.clusterId(scope),
    controllerId: broker.nodeId,
    topics: answers as never,
  }
})

async function lookUp(wanted: WantedTopic, call: Call, mayCreate: () => boolean): Promise<TopicAnswer> {
  const { streams, scope, broker } = call
  const { name, topicId } = wanted
  if (name === null) {
    const byId = await streams.topicById(scope, topicId)
    return byId ? found(byId, broker.nodeId) : missing(wanted, errorCodes.UNKNOWN_TOPIC_ID)
  }
  const held = await streams.topic(scope, name)
  if (held) return found(held, broker.nodeId)
  if (!mayCreate()) return missing(wanted, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  return create(wanted, name, call)
}

/** As Kafka does for a producer, unless the topic is one that only the platform makes. */
async function create(wanted: WantedTopic, name: string, { streams, scope, broker }: Call): Promise<TopicAnswer> {
  const made = await streams.createTopic(scope, { name })
  if (made.ok) return found(made.topic, broker.nodeId)
  const raced = made.reason === 'exists' ? await streams.topic(scope, name) : undefined
  if (raced) return found(raced, broker.nodeId)
  const isAbsent = made.reason === 'reserved' || made.reason === 'exists'
  return missing(wanted, isAbsent ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : codeOf(made.reason))
}

const missing = ({ name, topicId }: WantedTopic, errorCode: number): TopicAnswer => ({
  errorCode,
  name,
  topicId,
  partitions: [],
})

const found = ({ name, id, partitions }: Topic, nodeId: number): TopicAnswer => ({
  errorCode: errorCodes.NONE,
  name,
  topicId: id || noTopicId,
  partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
    errorCode: errorCodes.NONE,
    partitionIndex,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
  })),
})
