import { errorCodes, offsetFetch } from '@koine/protocols-kafka'
import type { FetchClaim, FetchedOffsets } from '@koine/services-streams'
import type { CommittedOffset } from '@koine/stores-ports'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const versionWithGroups = 8
const neverCommitted = -1

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

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

interface FoundGroup {
  readonly groupId: string
  readonly topics: readonly FoundTopic[]
  readonly errorCode: number
}

export default handler(offsetFetch, { versions: [1, 9] }, async (request, call) => {
  const { requireStable } = request
  if (call.version < versionWithGroups) {
    const { groupId, topics: wanted } = request
    const group = await find(call, { groupId, memberId: null, memberEpoch: -1 }, { wanted, requireStable })
    return inPartitionsToo(group, wanted, call.version)
  }
  const groups = []
  // One after another: a request may name very many. Once each: what is told of one may be long.
  for (const { topics, ...claim } of new Map(request.groups.map((group) => [group.groupId, group])).values()) {
    groups.push(await find(call, claim, { wanted: topics, requireStable }))
  }
  return { groups }
})

/** What the group has committed of the topics wanted, or of all. */
async function find(
  { streams, scope, access }: Call,
  claim: FetchClaim,
  { wanted, requireStable }: { readonly wanted: Wanted; readonly requireStable: boolean },
): Promise<FoundGroup> {
  const { groupId } = claim
  if (!access.may('describe', 'group', groupId)) return failed(groupId, errorCodes.GROUP_AUTHORIZATION_FAILED)
  try {
    const found = await streams.groups.fetchOffsets(scope, claim)
    if (!found.ok) return failed(groupId, codeOf(found.reason))
    const mayTell = (topic: string): boolean => access.may('describe', 'topic', topic)
    const topics = told(wanted ?? allOf(found.offsets.filter(({ topic }) => mayTell(topic))), found, {
      mayTell,
      requireStable,
    })
    return { groupId, topics, errorCode: errorCodes.NONE }
  } catch (thrown) {
    return failed(groupId, thrownCode(thrown, 'coordinator'))
  }
}

const failed = (groupId: string, errorCode: number): FoundGroup => ({ groupId, topics: [], errorCode })

function told(
  wanted: NonNullable<Wanted>,
  { offsets, pending }: FetchedOffsets,
  { mayTell, requireStable }: { readonly mayTell: (topic: string) => boolean; readonly requireStable: boolean },
): FoundTopic[] {
  const held = new Map(offsets.map((each) => [keyOf(each), each]))
  return wanted.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => {
      const key = keyOf({ topic: name, partition })
      if (!mayTell(name)) return untold(partition, errorCodes.TOPIC_AUTHORIZATION_FAILED)
      if (requireStable && pending.has(key)) return untold(partition, errorCodes.UNSTABLE_OFFSET_COMMIT)
      const offset = held.get(key)
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

const untold = (partitionIndex: number, errorCode: number) => ({
  partitionIndex,
  committedOffset: neverCommitted,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode,
})

/** As pending offsets are named. */
const keyOf = ({ topic, partition }: Pick<CommittedOffset, 'topic' | 'partition'>): string => `${topic}/${partition}`

const allOf = (committed: readonly CommittedOffset[]): NonNullable<Wanted> =>
  [...Map.groupBy(committed, ({ topic }) => topic)].map(([name, offsets]) => ({
    name,
    partitionIndexes: offsets.map(({ partition }) => partition),
  }))

const versionWithGroupError = 2

/** Version 1 has no error of the whole: each partition bears it. */
function inPartitionsToo({ topics, errorCode }: FoundGroup, wanted: Wanted, version: number) {
  if (errorCode === errorCodes.NONE || version >= versionWithGroupError) return { topics, errorCode }
  const refused = (wanted ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => untold(partition, errorCode)),
  }))
  return { topics: refused, errorCode }
}
