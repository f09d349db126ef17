import { describeTopicPartitions, errorCodes } from '@koine/protocols-kafka'
import { topicNameProblem } from '@koine/services-streams'
import type { Topic } from '@koine/stores-ports'
import { authorizedOperations } from '../answers/authorized-operations.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'
import { describePartition, noTopicId } from '../answers/topic-partitions.ts'

/** Kafka's `max.request.partition.size.limit`. */
const partitionsMax = 2_000

interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}

interface Asked {
  readonly topics: readonly { readonly name: string }[]
  readonly responsePartitionLimit: number
  readonly cursor: Cursor | null
}

/** Topics in the order of their names, from the cursor on, up to so many partitions. */
export default handler(describeTopicPartitions, { versions: [0, 0] }, async (request, call) => {
  const { streams, scope, access } = call
  checkNamed(request.topics.length)
  const problem = problemOf(request)
  if (problem) return problem
  const wantsAll = request.topics.length === 0
  const held = new Map((await streams.topics(scope)).map((topic) => [topic.name, topic]))
  const named = wantsAll ? [...held.keys()] : [...new Set(request.topics.map(({ name }) => name))]
  const from = request.cursor?.topicName ?? ''
  const names = named.filter((name) => name >= from).sort()
  const visible = names.filter((name) => access.may('describe', 'topic', name))
  const { topics, nextCursor } = page(visible, held, { request, call })
  const hidden = wantsAll ? [] : names.filter((name) => !visible.includes(name))
  return {
    topics: [...topics, ...hidden.map((name) => missing(name, errorCodes.TOPIC_AUTHORIZATION_FAILED))],
    nextCursor,
  }
})

function problemOf({ topics, cursor }: Asked) {
  if (!cursor) return undefined
  const isAmong = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName)
  if (isAmong && cursor.partitionIndex >= 0) return undefined
  return { topics: topics.map(({ name }) => missing(name, errorCodes.INVALID_REQUEST)), nextCursor: null }
}

function page(
  names: readonly string[],
  held: ReadonlyMap<string, Topic>,
  { request, call }: { request: Asked; call: Call },
) {
  const { cursor, responsePartitionLimit } = request
  let left = Math.max(1, Math.min(partitionsMax, responsePartitionLimit))
  const topics = []
  for (const name of names) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = held.get(name)
    if (!topic) {
      topics.push(missing(name, absent(name)))
      continue
    }
    const first = name === cursor?.topicName ? cursor.partitionIndex : 0
    const end = Math.min(topic.partitions, first + left)
    topics.push(described(topic, { first, end }, call))
    left -= Math.max(0, end - first)
    if (end < topic.partitions) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
  }
  return { topics, nextCursor: null }
}

const absent = (name: string): number =>
  topicNameProblem(name) === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.INVALID_TOPIC_EXCEPTION

const missing = (name: string, errorCode: number) => ({ errorCode, name, topicId: noTopicId, partitions: [] })

function described({ name, id }: Topic, { first, end }: { first: number; end: number }, { broker, access }: Call) {
  const count = Math.max(0, end - first)
  return {
    errorCode: errorCodes.NONE,
    name,
    topicId: id,
    partitions: Array.from({ length: count }, (_, i) => ({
      ...describePartition(first + i, broker),
      // Kafka's own client fails on `null`, which the protocol allows.
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: authorizedOperations(access, 'topic', name),
  }
}
