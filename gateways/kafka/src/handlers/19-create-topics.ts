import { createTopics, errorCodes } from '@koine/protocols-kafka'
import { type Access, clusterName, settingsOf } from '@koine/services-streams'
import type { Topic } from '@koine/stores-ports'
import { assignmentProblem } from '../answers/assignments.ts'
import { configEntry, configSources } from '../answers/config-entries.ts'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { throttledMutation, withinMutations } from '../answers/mutations.ts'
import { type Broker, type Call, handler } from '../handler.ts'

/** As many as the server likes, or as there are assignments. */
const unset = -1
const topicsMax = 1_000
/** From here on clients know that they may be told to try again later. */
const strictSince = 6

interface Wanted {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

interface Problem {
  readonly errorCode: number
  readonly errorMessage: string
}

export default handler(createTopics, { versions: [2, 7] }, async ({ topics, validateOnly }, call) => {
  const groups = Map.groupBy(topics, ({ name }) => name)
  if (groups.size > topicsMax) {
    const problem = no(errorCodes.INVALID_REQUEST, `A request makes at most ${topicsMax} topics.`)
    return { topics: [...groups.keys()].map((name) => refusal(name, problem)) }
  }
  // Begun in their order, in which they count against the tenant's limits.
  const answers = [...groups].map(([name, [wanted, ...more]]) =>
    more.length > 0
      ? Promise.resolve(refusal(name, no(errorCodes.INVALID_REQUEST, 'Duplicate topic name.')))
      : create(wanted!, validateOnly, call),
  )
  return { topics: await Promise.all(answers) }
})

const no = (errorCode: number, errorMessage: string): Problem => ({ errorCode, errorMessage })

const refusal = (name: string, problem: Problem) => ({ name, ...problem, configs: [] })

async function create(wanted: Wanted, validateOnly: boolean, call: Call) {
  const { streams, scope, access, broker } = call
  const { name } = wanted
  const mayCreate = access.may('create', 'cluster', clusterName) || access.may('create', 'topic', name)
  if (!mayCreate) return refusal(name, no(errorCodes.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.'))
  const problem = nullProblem(wanted) ?? placementProblem(wanted, broker)
  try {
    // What is wrong with the topic's name and settings is told before what is wrong with where it is to be.
    const only = { validateOnly: validateOnly || problem !== undefined }
    const asked = request(wanted, problem)
    const create = () => streams.createTopic(scope, asked, only)
    const partitions = only.validateOnly ? 0 : Math.max(1, asked.partitions ?? 1)
    const outcome = await withinMutations(call, { partitions, strictSince }, create)
    if (!outcome) return refusal(name, throttledMutation)
    if (!outcome.ok) return refusal(name, no(codeOf(outcome.reason), outcome.message))
    return problem ? refusal(name, problem) : made(outcome.topic, access)
  } catch (thrown) {
    return refusal(name, no(thrownCode(thrown), 'The topic could not be made.'))
  }
}

function request({ name, numPartitions, assignments, configs }: Wanted, problem: Problem | undefined) {
  const told = problem || numPartitions === unset ? undefined : numPartitions
  const settings = Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
  return { name, partitions: assignments.length > 0 ? assignments.length : told, settings }
}

function nullProblem({ configs }: Wanted): Problem | undefined {
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length === 0) return undefined
  return no(errorCodes.INVALID_CONFIG, `Null value not supported for topic configs: ${nulls.slice(0, 10).join(',')}`)
}

function placementProblem(wanted: Wanted, broker: Broker): Problem | undefined {
  if (wanted.assignments.length > 0) return assignmentsProblem(wanted, broker)
  const { replicationFactor: factor } = wanted
  if (factor === unset || factor === 1) return undefined
  return no(
    errorCodes.INVALID_REPLICATION_FACTOR,
    factor < 1
      ? 'Replication factor must be larger than 0, or -1 to use the default value.'
      : `The target replication factor of ${factor} cannot be reached because only 1 broker(s) are registered.`,
  )
}

function assignmentsProblem({ assignments, replicationFactor, numPartitions }: Wanted, broker: Broker) {
  const given = 'A manual partition assignment was specified, but'
  if (replicationFactor !== unset)
    return no(errorCodes.INVALID_REQUEST, `${given} replication factor was not set to -1.`)
  if (numPartitions !== unset) return no(errorCodes.INVALID_REQUEST, `${given} numPartitions was not set to -1.`)
  const placed = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
  const problem =
    assignments.map(({ brokerIds }) => assignmentProblem(brokerIds, broker)).find((each) => each !== undefined) ??
    (placed.size < assignments.length ? 'Found multiple manual partition assignments for one partition' : undefined) ??
    (assignments.every((_, i) => placed.has(i))
      ? undefined
      : 'partitions should be a consecutive 0-based integer sequence')
  return problem === undefined ? undefined : no(errorCodes.INVALID_REPLICA_ASSIGNMENT, problem)
}

/** Who may not see settings isn't told what the topic has come to. */
function made(topic: Topic, access: Access) {
  const { name, id: topicId } = topic
  const errorCode = errorCodes.NONE
  if (!access.may('describe-configs', 'topic', name)) {
    return { name, topicId, errorCode, topicConfigErrorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED, configs: [] }
  }
  const wants = { includeSynonyms: false, includeDocumentation: false }
  const configs = settingsOf(topic).map((setting) => configEntry(setting, configSources.topic, wants))
  return { name, topicId, errorCode, numPartitions: topic.partitions, replicationFactor: 1, configs }
}
