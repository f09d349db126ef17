import { errorCodes, listOffsets } from '@koine/protocols-kafka'
import type { Isolation, OffsetQuery } from '@koine/services-streams'
import { codeOf, thrownCode } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

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
  const isolation = isolations[isolationLevel]
  const find = async (topic: string, sought: Sought): Promise<Found> => {
    if (!isolation) return failure(sought, errorCodes.INVALID_REQUEST)
    const problem = problemOf(topic, sought, call)
    return problem === undefined ? findIn(topic, sought, { call, isolation }) : failure(sought, problem)
  }
  const found = topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(partitions.map((partition) => find(name, partition))),
  }))
  return { topics: await Promise.all(found) }
})

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
