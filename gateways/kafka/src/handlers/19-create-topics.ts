import { createTopics, errorCodes } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

/** As many as the server likes, or as there are assignments. */
const unset = -1
const topicConfigSource = 1
const topicsMax = 1_000

interface WantedTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export default handler(createTopics, { versions: [2, 7] }, async ({ topics, validateOnly }, call) => {
  const counts = Map.groupBy(topics, ({ name }) => name)
  if (topics.length > topicsMax) {
    const message = `A request makes at most ${topicsMax} topics.`
    return { topics: topics.map(({ name }) => refusal(name, errorCodes.INVALID_REQUEST, message)) }
  }
  const answers = []
  // One after another: each counts against the tenant's limits.
  for (const topic of topics) {
    const isRepeated = counts.get(topic.name)!.length > 1
    answers.push(isRepeated ? repeated(topic.name) : await create(topic, call, validateOnly))
  }
  return { topics: answers }
})

const refusal = (name: string, errorCode: number, errorMessage: string) => ({
  name,
  errorCode,
  errorMessage,
  configs: [],
})

const repeated = (name: string) =>
  refusal(name, errorCodes.INVALID_REQUEST, 'The request names this topic more than once.')

async function create(wanted: WantedTopic, { streams, scope, broker }: Call, validateOnly: boolean) {
  const { name, assignments, replicationFactor } = wanted
  const onlyHere = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === broker.nodeId)
  if (!onlyHere) {
    return refusal(name, errorCodes.INVALID_REPLICA_ASSIGNMENT, `Broker ${broker.nodeId} is the only one.`)
  }
  if (replicationFactor !== unset && replicationFactor !== 1) {
    return refusal(name, errorCodes.INVALID_REPLICATION_FACTOR, 'The replication factor is 1: there is one broker.')
  }
  try {
    const outcome = await streams.createTopic(scope, request(wanted), { validateOnly })
    if (!outcome.ok) return refusal(name, codeOf(outcome.reason), outcome.message)
    const { id, partitions, settings } = outcome.topic
    return {
      name,
      topicId: id,
      errorCode: errorCodes.NONE,
      numPartitions: partitions,
      replicationFactor: 1,
      configs: Object.entries(settings).map(([name, value]) => ({
        name,
        value,
        readOnly: false,
        configSource: topicConfigSource,
        isSensitive: false,
      })),
    }
  } catch (thrown) {
    return refusal(name, thrownCode(thrown), 'The topic could not be made.')
  }
}

function request({ name, numPartitions, assignments, configs }: WantedTopic) {
  const told = numPartitions === unset ? undefined : numPartitions
  const settings = Object.fromEntries(configs.map(({ name, value }) => [name, value ?? '']))
  return { name, partitions: assignments.length > 0 ? assignments.length : told, settings }
}
