import { errorCodes, fetch } from '@koine/protocols-kafka'
import type { FetchedPartition, WantedPartition } from '@koine/services-streams'
import { codeOf } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const versionWithTopicIds = 13
const readCommitted = 1
const noRecords = new Uint8Array(0)

interface WantedTopic {
  readonly topic: string
  readonly topicId: string
  /** Undefined when no topic has the id. */
  readonly name: string | undefined
  readonly partitions: readonly {
    readonly partition: number
    readonly fetchOffset: number
    readonly partitionMaxBytes: number
  }[]
}

/** Every fetch is a full one: the session id 0 in the answer tells the client that there is no incremental session (KIP-227). */
export default handler(fetch, { versions: [4, 16] }, async (request, call) => {
  if (request.sessionId !== 0) return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] }
  const topics = await Promise.all(request.topics.map((topic) => withName(call, topic)))
  const isComplete = topics.every(({ name }) => name !== undefined)
  const fetched = await call.streams.fetch(call.scope, {
    partitions: topics.flatMap(wantedPartitions),
    bytesMin: request.minBytes,
    waitMsMax: isComplete ? request.maxWaitMs : 0,
    bytesMax: request.maxBytes,
    signal: call.signal,
  })
  const byPartition = new Map(fetched.map((each) => [`${each.topic}/${each.partition}`, each]))
  const abortedTransactions = request.isolationLevel === readCommitted ? [] : null
  return {
    responses: topics.map(({ topic, topicId, name, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        abortedTransactions,
        ...answer(byPartition.get(`${name}/${partition}`)),
      })),
    })),
  }
})

async function withName({ streams, scope, version }: Call, topic: Omit<WantedTopic, 'name'>): Promise<WantedTopic> {
  if (version < versionWithTopicIds) return { ...topic, name: topic.topic }
  return { ...topic, name: (await streams.topicById(scope, topic.topicId))?.name }
}

function wantedPartitions({ name, partitions }: WantedTopic): WantedPartition[] {
  if (name === undefined) return []
  return partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => ({
    topic: name,
    partition,
    offset: fetchOffset,
    bytesMax: partitionMaxBytes,
  }))
}

function answer(fetched: FetchedPartition | undefined): {
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  records: readonly Uint8Array[] | Uint8Array
} {
  if (!fetched) return failure(errorCodes.UNKNOWN_TOPIC_ID)
  if (!fetched.ok) return failure(codeOf(fetched.reason))
  const { startOffset, endOffset, batches } = fetched
  return {
    errorCode: errorCodes.NONE,
    highWatermark: endOffset,
    lastStableOffset: endOffset,
    logStartOffset: startOffset,
    records: batches,
  }
}

const failure = (errorCode: number): ReturnType<typeof answer> => ({
  errorCode,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  records: noRecords,
})
