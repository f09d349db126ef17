import { errorCodes, listOffsets } from '@koine/protocols-kafka'
import type { Isolation, OffsetQuery } from '@koine/services-streams'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkPartitionsNamed } from '../answers/named-at-once.ts'

/** A time that stands for something else. */
interface SpecialTime {
  readonly since: number
  /** Undefined: of what isn't there, since nothing is moved to another store. */
  readonly query?: OffsetQuery
}

const specialTimes: { readonly [timestamp: number]: SpecialTime } = {
  [-1]: { since: 1, query: 'latest' },
  [-2]: { since: 1, query: 'earliest' },
  [-3]: { since: 7, query: 'max-timestamp' },
  // Of what is on the local disk.
  [-4]: { since: 8, query: 'earliest' },
  // The last that is elsewhere.
  [-5]: { since: 9 },
}
const isolations: readonly Isolation[] = ['read-uncommitted', 'read-committed']
/** A partition keeps its leader for ever. */
const leaderEpoch = 0
const none = -1

interface Sought {
  readonly partitionIndex: number
  readonly currentLeaderEpoch: number
  readonly timestamp: number
}

interface Found {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly timestamp?: number
  readonly offset?: number
  readonly leaderEpoch?: number
}

export default handler(listOffsets, { versions: [1, 9] }, async ({ isolationLevel, topics }, call) => {
  checkPartitionsNamed(topics)
  const isolation = isolations[isolationLevel]
  const repeated = repeatedIn(topics)
  const find = async (topic: string, sought: Sought): Promise<Found> => {
    if (!isolation) return failure(sought, errorCodes.INVALID_REQUEST)
    const isRepeated = repeated.has(`${topic}/${sought.partitionIndex}`)
    const problem = problemOf(topic, sought, call) ?? (isRepeated ? errorCodes.INVALID_REQUEST : undefined)
    return problem === undefined ? findIn(topic, sought, { call, isolation }) : failure(sought, problem)
  }
  const answers = []
  // One after another: to look for a time takes reading, and a request may name very many.
  for (const { name, partitions } of topics) {
    const found: Found[] = []
    for (const partition of partitions) found.push(await find(name, partition))
    answers.push({ name, partitions: found })
  }
  return { topics: answers }
})

/** Partitions that are named more than once, as `topic/partition`: they are refused, as in Kafka. */
function repeatedIn(topics: readonly { readonly name: string; readonly partitions: readonly Sought[] }[]): Set<string> {
  const [seen, repeated] = [new Set<string>(), new Set<string>()]
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      if (seen.has(key)) repeated.add(key)
      seen.add(key)
    }
  }
  return repeated
}

function problemOf(topic: string, sought: Sought, { version, access }: Call): number | undefined {
  if (!access.may('describe', 'topic', topic)) return errorCodes.TOPIC_AUTHORIZATION_FAILED
  const { timestamp, currentLeaderEpoch } = sought
  if (timestamp < 0 && version < (specialTimes[timestamp]?.since ?? Infinity)) return errorCodes.UNSUPPORTED_VERSION
  return currentLeaderEpoch > leaderEpoch ? errorCodes.UNKNOWN_LEADER_EPOCH : undefined
}

async function findIn(
  topic: string,
  sought: Sought,
  { call, isolation }: { readonly call: Call; readonly isolation: Isolation },
): Promise<Found> {
  const { partitionIndex, timestamp } = sought
  const at = { topic, partition: partitionIndex }
  const query = timestamp < 0 ? specialTimes[timestamp]?.query : { timestampMs: timestamp }
  try {
    // Whether there is such a partition is told in any case.
    const found = await call.streams.findOffset(call.scope, at, query ?? 'earliest', isolation)
    if (!found.ok) return failure(sought, codeOf(found.reason))
    const { offset, timestampMs } = query ? found : { offset: none, timestampMs: none }
    const epoch = offset === none ? none : leaderEpoch
    return { partitionIndex, errorCode: errorCodes.NONE, timestamp: timestampMs, offset, leaderEpoch: epoch }
  } catch (thrown) {
    return failure(sought, thrownCode(thrown, 'read'))
  }
}

const failure = ({ partitionIndex }: Sought, errorCode: number): Found => ({ partitionIndex, errorCode })
