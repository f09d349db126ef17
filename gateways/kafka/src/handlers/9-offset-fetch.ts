import { errorCodes, offsetFetch } from '@koine/protocols-kafka'
import type { CommittedOffset } from '@koine/stores-ports'
import { type Call, handler } from '../handler.ts'

const versionWithGroups = 8
const neverCommitted = -1

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

export default handler(offsetFetch, { versions: [1, 9] }, async (request, call) => {
  if (call.version < versionWithGroups) return { topics: await find(call, request.groupId, request.topics) }
  const groups = request.groups.map(async ({ groupId, topics }) => ({
    groupId,
    topics: await find(call, groupId, topics),
    errorCode: errorCodes.NONE,
  }))
  return { groups: await Promise.all(groups) }
})

interface FoundTopic {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly metadata: string
    readonly errorCode: number
  }[]
}

/** What the group has committed of the topics wanted, or of all. */
async function find({ streams, scope }: Call, groupId: string, wanted: Wanted): Promise<FoundTopic[]> {
  const committed = await streams.groups.committed(scope, groupId)
  const held = new Map(committed.map((each) => [`${each.topic}/${each.partition}`, each]))
  return (wanted ?? allOf(committed)).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => {
      const offset = held.get(`${name}/${partition}`)
      return {
        partitionIndex: partition,
        committedOffset: offset?.offset ?? neverCommitted,
        committedLeaderEpoch: offset?.leaderEpoch ?? -1,
        metadata: offset?.metadata ?? '',
        errorCode: errorCodes.NONE,
      }
    }),
  }))
}

const allOf = (committed: readonly CommittedOffset[]): NonNullable<Wanted> =>
  [...Map.groupBy(committed, ({ topic }) => topic)].map(([name, offsets]) => ({
    name,
    partitionIndexes: offsets.map(({ partition }) => partition),
  }))
