import { errorCodes, metadata } from '@koine/protocols-kafka'
import { clusterName, isPlatformTopic } from '@koine/services-streams'
import type { Topic } from '@koine/stores-ports'
import { authorizedOperations, operationsNotAsked } from '../answers/authorized-operations.ts'
import { codeOf } from '../answers/failure-codes.ts'
import { withinMutations } from '../answers/mutations.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'
import { describePartition, noTopicId, type PartitionDescription } from '../answers/topic-partitions.ts'

const versionWithNullForAll = 1
const versionWithIds = 12
/** Topics that one request makes by naming them; further ones are made when the client asks again. */
const createdMax = 100
/** No version tells a client that a topic isn't made for want of quota. */
const never = Infinity

interface WantedTopic {
  readonly name: string | null
  readonly topicId: string
}

interface TopicAnswer {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly partitions: readonly PartitionDescription[]
}

export default handler(metadata, { versions: [0, 12] }, async (request, call) => {
  const { broker, streams, scope, access } = call
  checkNamed(request.topics?.length ?? 0)
  const answers = await topicAnswers(request, call)
  const mayDescribeCluster = access.may('describe', 'cluster', clusterName)
  const clusterOperations = mayDescribeCluster ? authorizedOperations(access, 'cluster', clusterName) : 0
  return {
    brokers: [{ nodeId: broker.nodeId, host: broker.host, port: broker.port, rack: null }],
    clusterId: streams.clusterId(scope),
    controllerId: broker.nodeId,
    topics: request.includeTopicAuthorizedOperations ? answers.map((answer) => withOperations(answer, call)) : answers,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : operationsNotAsked,
  }
})

interface Asked {
  readonly topics: readonly WantedTopic[] | null
  readonly allowAutoTopicCreation: boolean
}

async function topicAnswers({ topics, allowAutoTopicCreation }: Asked, call: Call): Promise<TopicAnswer[]> {
  const { streams, scope, access, version } = call
  if (topics === null || (version < versionWithNullForAll && topics.length === 0)) {
    const visible = (await streams.topics(scope)).filter(({ name }) => access.may('describe', 'topic', name))
    return visible.map((topic) => found(topic, call))
  }
  if (version < versionWithIds && topics.some(({ name, topicId }) => name === null || topicId !== noTopicId)) {
    return topics.map((wanted) => ({ ...missing(wanted, errorCodes.INVALID_REQUEST), name: wanted.name ?? '' }))
  }
  let creationsLeft = allowAutoTopicCreation && call.autoCreateTopics ? createdMax : 0
  return Promise.all(onlyOneWay(topics).map((wanted) => lookUp(wanted, call, () => creationsLeft-- > 0)))
}

/** Each topic once; and as in Kafka, where some are named by id, only those. */
function onlyOneWay(topics: readonly WantedTopic[]): readonly WantedTopic[] {
  const byId = topics.filter(({ topicId }) => topicId !== noTopicId)
  if (byId.length > 0) return [...new Map(byId.map((wanted) => [wanted.topicId, { ...wanted, name: null }])).values()]
  return [...new Map(topics.map((wanted) => [wanted.name, wanted])).values()]
}

async function lookUp(wanted: WantedTopic, call: Call, mayCreate: () => boolean): Promise<TopicAnswer> {
  const { streams, scope, access } = call
  const { name, topicId } = wanted
  if (name === null) {
    const topic = await streams.topicById(scope, topicId)
    if (!topic) return missing(wanted, errorCodes.UNKNOWN_TOPIC_ID)
    if (access.may('describe', 'topic', topic.name)) return found(topic, call)
    return missing(wanted, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  }
  if (!access.may('describe', 'topic', name)) return missing(wanted, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  const held = await streams.topic(scope, name)
  if (held) return found(held, call)
  // A topic of the platform comes when the platform has something to say.
  if (isPlatformTopic(name) || !mayCreate()) return missing(wanted, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  return create(wanted, name, call)
}

/** As Kafka does for a producer. */
async function create(wanted: WantedTopic, name: string, call: Call): Promise<TopicAnswer> {
  const { streams, scope, access } = call
  if (!access.may('create', 'cluster', clusterName) && !access.may('create', 'topic', name)) {
    return missing(wanted, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  }
  const made = await withinMutations(call, { partitions: 1, strictSince: never }, () =>
    streams.createTopic(scope, { name }),
  )
  if (!made) return missing(wanted, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (made.ok) return found(made.topic, call)
  const raced = made.reason === 'exists' ? await streams.topic(scope, name) : undefined
  if (raced) return found(raced, call)
  return missing(wanted, made.reason === 'exists' ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : codeOf(made.reason))
}

const missing = ({ name, topicId }: WantedTopic, errorCode: number): TopicAnswer => ({
  errorCode,
  name,
  topicId,
  partitions: [],
})

const found = ({ name, id, partitions }: Topic, { broker }: Call): TopicAnswer => ({
  errorCode: errorCodes.NONE,
  name,
  topicId: id || noTopicId,
  partitions: Array.from({ length: partitions }, (_, partition) => describePartition(partition, broker)),
})

const withOperations = (answer: TopicAnswer, { access }: Call) => ({
  ...answer,
  topicAuthorizedOperations: answer.name === null ? 0 : authorizedOperations(access, 'topic', answer.name),
})
