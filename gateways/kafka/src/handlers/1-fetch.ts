import { errorCodes, fetch } from '@koine/protocols-kafka'
import type { FetchedPartition } from '@koine/services-streams'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import type { FetchTurn, SoughtPartition } from '../connection/fetch-sessions.ts'
import { type Call, handler } from '../handler.ts'

const versionWithTopicIds = 13
const isolations = ['read-uncommitted', 'read-committed'] as const
/** Leaders never change: there is one broker. */
const leaderEpoch = 0

interface PartitionAnswer {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null
  readonly records: readonly Uint8Array[] | Uint8Array
}

/** A partition that is sought: readable under this name, or not for that reason. */
interface Resolved {
  readonly sought: SoughtPartition
  readonly name: string
  readonly problem: number | undefined
}

export default handler(fetch, { versions: [4, 16] }, async (request, call) => {
  const isThrottled = call.charges.isFetchThrottled()
  // Who is to wait gets no session either: a full fetch that is answered empty is sent anew (KIP-219).
  if (isThrottled && request.sessionEpoch <= 0) {
    call.fetchSessions.end(request.sessionId)
    return { sessionId: 0, responses: [] }
  }
  const turn = call.fetchSessions.begin({
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    sought: request.topics.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((each) => ({ topic, topicId, ...each })),
    ),
    forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ topic, topicId, partition })),
    ),
  })
  if (!turn.ok) return { errorCode: turn.errorCode, responses: [] }
  const throttled = { sessionId: turn.sessionId, responses: [] }
  if (isThrottled) return throttled
  const isolation = isolations[request.isolationLevel] ?? 'read-committed'
  const resolved = await resolve(call, turn.sought)
  const readable = resolved.filter(({ problem }) => problem === undefined)
  const bytesMax = Math.min(request.maxBytes, call.answerBytesMax, call.charges.fetchBytesMax)
  try {
    const fetched = await call.streams.fetch(call.scope, {
      partitions: readable.map(({ name, sought: { partition, fetchOffset, partitionMaxBytes } }) => ({
        topic: name,
        partition,
        offset: fetchOffset,
        bytesMax: partitionMaxBytes,
      })),
      isolation,
      bytesMin: Math.min(request.minBytes, bytesMax),
      // What can't be read is told at once.
      waitMsMax: readable.length === resolved.length ? request.maxWaitMs : 0,
      bytesMax,
      signal: call.signal,
    })
    // Others of the tenant may have used up meanwhile what there was; then this one's bytes aren't counted.
    if (call.charges.isFetchThrottled()) {
      if (request.sessionEpoch > 0) return throttled
      call.fetchSessions.end(turn.sessionId)
      return { sessionId: 0, responses: [] }
    }
    call.charges.fetch(bytesOf(fetched))
    const byPartition = new Map(fetched.map((each) => [`${each.topic}/${each.partition}`, each]))
    const answers = resolved.map(({ sought, name, problem }) => ({
      sought,
      answer:
        problem === undefined
          ? answerOf(sought, byPartition.get(`${name}/${sought.partition}`), isolation)
          : failure(sought, problem),
    }))
    return { sessionId: turn.sessionId, responses: byTopic(withNews(turn, answers)) }
  } catch (thrown) {
    const answers = turn.sought.map((sought) => ({ sought, answer: failure(sought, thrownCode(thrown)) }))
    return { sessionId: turn.sessionId, responses: byTopic(withNews(turn, answers)) }
  }
})

function bytesOf(fetched: readonly FetchedPartition[]): number {
  let bytes = 0
  for (const each of fetched) if (each.ok) for (const batch of each.batches) bytes += batch.length
  return bytes
}

/** Finds each partition's topic, once per topic, and whether the client may read it. */
async function resolve(
  { streams, scope, version, access }: Call,
  sought: readonly SoughtPartition[],
): Promise<Resolved[]> {
  const namesById = new Map<string, string | undefined>()
  if (version >= versionWithTopicIds) {
    for (const { topicId } of sought) {
      if (!namesById.has(topicId)) namesById.set(topicId, (await streams.topicById(scope, topicId))?.name)
    }
  }
  const readable = new Map<string, boolean>()
  const mayRead = (name: string): boolean => {
    let may = readable.get(name)
    if (may === undefined) readable.set(name, (may = access.may('read', 'topic', name)))
    return may
  }
  return sought.map((each) => {
    const name = version >= versionWithTopicIds ? namesById.get(each.topicId) : each.topic
    if (name === undefined) return { sought: each, name: '', problem: errorCodes.UNKNOWN_TOPIC_ID }
    if (!mayRead(name)) return { sought: each, name, problem: errorCodes.TOPIC_AUTHORIZATION_FAILED }
    const isAhead = each.currentLeaderEpoch > leaderEpoch
    return { sought: each, name, problem: isAhead ? errorCodes.UNKNOWN_LEADER_EPOCH : undefined }
  })
}

function answerOf(
  sought: SoughtPartition,
  fetched: FetchedPartition | undefined,
  isolation: (typeof isolations)[number],
): PartitionAnswer {
  if (!fetched) return failure(sought, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (!fetched.ok) {
    const isThrown = fetched.reason === 'failed'
    return failure(sought, isThrown ? thrownCode(fetched.cause, 'read') : codeOf(fetched.reason))
  }
  return {
    partitionIndex: sought.partition,
    errorCode: errorCodes.NONE,
    highWatermark: fetched.endOffset,
    lastStableOffset: fetched.lastStableOffset,
    logStartOffset: fetched.startOffset,
    abortedTransactions: isolation === 'read-committed' ? byStart(fetched.abortedTransactions) : null,
    records: fetched.batches,
  }
}

/** Kafka promises no order; some clients take them up one after another as they come. */
const byStart = <T extends { readonly firstOffset: number }>(aborted: readonly T[]): readonly T[] =>
  aborted.length < 2 ? aborted : aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)

const noRecords = new Uint8Array(0)

const failure = ({ partition }: SoughtPartition, errorCode: number): PartitionAnswer => ({
  partitionIndex: partition,
  errorCode,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  abortedTransactions: null,
  records: noRecords,
})

interface Answered {
  readonly sought: SoughtPartition
  readonly answer: PartitionAnswer
}

const withNews = (turn: FetchTurn, answers: readonly Answered[]): readonly Answered[] =>
  answers.filter(({ sought, answer: { errorCode, highWatermark, logStartOffset, records } }) =>
    turn.isNews(sought, { errorCode, highWatermark, logStartOffset, hasRecords: records.length > 0 }),
  )

/** Neighbours of one topic stand together; the order stays. */
function byTopic(answers: readonly Answered[]) {
  const topics: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  for (const { sought, answer } of answers) {
    const last = topics.at(-1)
    if (last && last.topic === sought.topic && last.topicId === sought.topicId) last.partitions.push(answer)
    else topics.push({ topic: sought.topic, topicId: sought.topicId, partitions: [answer] })
  }
  return topics
}
